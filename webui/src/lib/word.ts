/**
 * An answer as HTML for the clipboard, in the few forms that word processors keep: headings,
 * lists, tables with borders, code in a fixed-width font, formulas as MathML. No styles: a browser
 * looks at what is copied under the page's policy, which knows none.
 */

import type { Rich } from "./clipboard";
import { renderMarkdown } from "./markdown";
import { tableCells, toTsv, type Table } from "./tables";

const KEPT: Record<string, string> = {
  ...{ P: "p", BR: "br", HR: "hr", STRONG: "b", EM: "i", S: "s", UL: "ul", OL: "ol", LI: "li" },
  ...{ BLOCKQUOTE: "blockquote", A: "a" },
};
/** Headings begin below those of the page, and at the top of a document. */
const HEADINGS: Record<string, number> = { H3: 1, H4: 2, H5: 3, H6: 4 };

type MathMl = (tex: string, display: boolean) => string | null;

/** For a word processor, and the same as plain text for all that take no formatting. */
export function wordContent(markdown: string, mathml: MathMl = () => null): Rich {
  const answer = parsed(markdown);
  return { html: children(answer, mathml), text: plainContent(markdown) };
}

/** An answer without Markdown's signs. Tables have tabs between their cells. */
export function plainContent(markdown: string): string {
  return plain(parsed(markdown))
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** A table by itself, as spreadsheets take it. */
export function tableHtml(cells: Table): string {
  const rows = cells.map((row, index) => {
    const tag = index === 0 ? "th" : "td";
    const tds = row.map((cell) => `<${tag} valign="top">${lines(cell)}</${tag}>`);
    return `<tr>${tds.join("")}</tr>`;
  });
  return `<table border="1" cellspacing="0" cellpadding="4">${rows.join("")}</table>`;
}

function parsed(markdown: string): HTMLElement {
  return new DOMParser().parseFromString(renderMarkdown(markdown), "text/html").body;
}

function children(node: Node, mathml: MathMl): string {
  return [...node.childNodes].map((child) => html(child, mathml)).join("");
}

function html(node: Node, mathml: MathMl): string {
  if (!(node instanceof Element)) return escaped(node.textContent ?? "");
  if (node.matches(".link-host")) return "";
  const inner = (): string => children(node, mathml);
  if (node.matches(".table-box")) return tableHtml(tableCells(node.querySelector("table")!));
  if (node.matches(".code")) {
    const code = node.querySelector("code")!.textContent.replace(/\n$/, "");
    return `<pre>${escaped(code)}</pre>`;
  }
  if (node.matches("code.math, .math-block")) {
    const display = node.matches(".math-block");
    const formula = bareMath(mathml(node.textContent.trim(), display));
    const shown = formula ?? `<code>${escaped(node.textContent.trim())}</code>`;
    return display ? `<p>${shown}</p>` : shown;
  }
  if (node.tagName === "CODE") return `<code>${inner()}</code>`;
  const level = HEADINGS[node.tagName];
  if (level !== undefined) return `<h${level}>${inner()}</h${level}>`;
  const tag = KEPT[node.tagName];
  if (tag === undefined) return inner();
  if (tag === "br" || tag === "hr") return `<${tag}>`;
  if (tag === "a") return `<a href="${escaped(node.getAttribute("href") ?? "")}">${inner()}</a>`;
  const start = tag === "ol" ? node.getAttribute("start") : null;
  return `<${tag}${start === null ? "" : ` start="${escaped(start)}"`}>${inner()}</${tag}>`;
}

/** Word takes MathML's own tags, without the wrapping that is for browsers. */
function bareMath(made: string | null): string | null {
  const math = made === null ? null : /<math[\s\S]*<\/math>/.exec(made)?.[0];
  return math?.replace(/<annotation[\s\S]*?<\/annotation>/g, "") ?? null;
}

function plain(node: Node): string {
  if (!(node instanceof Element)) return node.textContent ?? "";
  if (node.matches(".link-host")) return "";
  const inner = (): string => [...node.childNodes].map(plain).join("");
  if (node.matches(".table-box")) {
    return `${toTsv(tableCells(node.querySelector("table")!)).replaceAll("\r\n", "\n")}\n\n`;
  }
  if (node.matches(".code")) return `${node.querySelector("code")!.textContent.trimEnd()}\n\n`;
  switch (node.tagName) {
    case "BR":
      // Markdown's line break is followed by one of the source.
      return node.nextSibling?.textContent?.startsWith("\n") ? "" : "\n";
    case "LI":
      return `${mark(node)}${inner().trim().replace(/\n+/g, "\n  ")}\n`;
    case "UL":
    case "OL":
      return `\n${[...node.children].map(plain).join("")}\n`;
    case "P":
    case "H3":
    case "H4":
    case "H5":
    case "H6":
    case "BLOCKQUOTE":
      return `${inner().trim()}\n\n`;
    case "DIV":
    case "BODY":
      return `${inner()}\n`;
    case "HR":
      return "\n";
    default:
      return inner();
  }
}

function mark(item: Element): string {
  const list = item.parentElement!;
  if (list.tagName === "UL") return "・";
  const first = Number(list.getAttribute("start") ?? 1);
  return `${first + [...list.children].indexOf(item)}. `;
}

function lines(text: string): string {
  return text.split("\n").map(escaped).join("<br>");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
