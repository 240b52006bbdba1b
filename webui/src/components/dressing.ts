/** What a finished block of an answer gets that HTML alone cannot give it. */

import { mount, unmount } from "svelte";
import type { Diagram } from "../lib/diagrams";
import { highlight } from "../lib/highlight";
import { tableCells, toTsv } from "../lib/tables";
import { tableHtml } from "../lib/word";
import type { AnswerTexts } from "../texts/answers";
import CopyButton from "./CopyButton.svelte";

/** Marks what stands in an answer besides the answer. */
const ADDED = "added";

type Mounted = Record<string, never>;

/** Dress everything in an element; returns how to take it off again. */
export function dress(element: HTMLElement, texts: AnswerTexts): () => void {
  const mounted: Mounted[] = [];
  for (const code of element.querySelectorAll<HTMLElement>(".code")) {
    mounted.push(dressCode(code, texts));
  }
  for (const box of element.querySelectorAll<HTMLElement>(".table-box")) {
    mounted.push(dressTable(box, texts));
  }
  const formulas = element.querySelectorAll<HTMLElement>("code.math, .math-block");
  if (formulas.length > 0) void dressMath(formulas, texts);
  for (const link of element.querySelectorAll(".image-link")) note(link, texts.imageNote);
  return () => {
    for (const each of mounted) void unmount(each);
    for (const added of element.querySelectorAll(`.${ADDED}`)) added.remove();
    for (const pre of element.querySelectorAll("pre")) pre.hidden = false;
  };
}

function dressCode(element: HTMLElement, texts: AnswerTexts): Mounted {
  const pre = element.querySelector("pre")!;
  const code = element.querySelector("code")!;
  const source = code.textContent;
  const language = element.querySelector(".code-language")?.textContent ?? "";
  name(pre, `${texts.code} ${language}`.trim());
  if (language === "mermaid") void dressDiagram(element, pre, source, texts);
  else {
    highlight(source, language).then(
      (html) => html !== null && (code.innerHTML = html),
      () => null, // Code without colours is still code.
    );
  }
  return mount(CopyButton, {
    target: element.querySelector(".code-bar")!,
    props: { text: () => source, label: texts.copyCode },
  });
}

function dressTable(box: HTMLElement, texts: AnswerTexts): Mounted {
  const scrolling = box.querySelector(".table")!;
  const table = box.querySelector("table")!;
  name(scrolling, texts.table);
  const bar = document.createElement("div");
  bar.className = `table-bar ${ADDED}`;
  box.append(bar);
  const copy = () => {
    const cells = tableCells(table);
    return { html: tableHtml(cells), text: toTsv(cells) };
  };
  return mount(CopyButton, { target: bar, props: { text: copy, label: texts.copyTable } });
}

async function dressMath(formulas: Iterable<HTMLElement>, texts: AnswerTexts): Promise<void> {
  const { mathml } = await import("../lib/mathml").catch(() => ({ mathml: () => null }));
  for (const formula of formulas) {
    const display = formula.classList.contains("math-block");
    const html = mathml(formula.textContent.trim(), display);
    if (html === null) continue; // TeX that cannot be read is shown as it is.
    if (display) {
      formula.innerHTML = html;
      name(formula, texts.formula);
    } else {
      const shown = document.createElement("span");
      shown.className = "math";
      shown.innerHTML = html;
      formula.replaceWith(shown);
    }
  }
}

async function dressDiagram(
  element: HTMLElement,
  pre: HTMLElement,
  source: string,
  texts: AnswerTexts,
): Promise<void> {
  const drawn = await import("../lib/diagrams").then(
    ({ draw }) => draw(source, isDark(element)),
    () => null,
  );
  if (!element.isConnected) return;
  if (drawn === null) note(element.querySelector(".code-language")!, texts.noDiagram);
  else show(drawn, element, pre, source, texts);
}

function show(
  drawn: Diagram,
  element: HTMLElement,
  pre: HTMLElement,
  source: string,
  texts: AnswerTexts,
): void {
  const picture = document.createElement("img");
  picture.className = `diagram ${ADDED}`;
  picture.src = drawn.url;
  picture.alt = `${texts.diagram}\n${source}`;
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = `quiet ${ADDED}`;
  const turn = (showsPicture: boolean): void => {
    picture.hidden = !showsPicture;
    pre.hidden = showsPicture;
    toggle.textContent = showsPicture ? texts.showSource : texts.showDiagram;
  };
  toggle.addEventListener("click", () => turn(Boolean(picture.hidden)));
  element.querySelector(".code-bar")!.append(toggle);
  // Only a picture that can be shown takes the place of its source.
  picture.addEventListener("load", () => turn(true), { once: true });
  picture.hidden = true;
  toggle.textContent = texts.showDiagram;
  element.append(picture);
}

function note(beside: Element, words: string): void {
  const said = document.createElement("span");
  said.className = `aside ${ADDED}`;
  said.textContent = words;
  beside.after(said);
}

/** Whether the text here is light: the page may follow the system or a choice. */
function isDark(element: Element): boolean {
  const [red = 0, green = 0, blue = 0] = getComputedStyle(element).color.match(/[\d.]+/g)!.map(Number);
  return red + green + blue > 384;
}

function name(scrolling: Element, label: string): void {
  scrolling.setAttribute("role", "group");
  scrolling.setAttribute("aria-label", label);
}
