import { describe, expect, test } from "vitest";
import { Blocks } from "../../src/lib/blocks";
import { renderMarkdown } from "../../src/lib/markdown";
import { random } from "../streams";
import { ATTEMPTS } from "./xss";

function dom(html: string): HTMLElement {
  const element = document.createElement("div");
  element.innerHTML = html;
  return element;
}

const TAGS = new Set(
  "P BR HR H3 H4 H5 H6 STRONG EM S CODE PRE A UL OL LI BLOCKQUOTE TABLE THEAD TBODY TR TH TD DIV SPAN".split(" "),
);
const ATTRIBUTES = new Set(["href", "title", "target", "rel", "class", "start", "tabindex"]);

function expectHarmless(html: string): void {
  for (const element of dom(html).querySelectorAll("*")) {
    expect(TAGS, html).toContain(element.tagName);
    for (const { name } of element.attributes) expect(ATTRIBUTES, html).toContain(name);
    const href = element.getAttribute("href");
    if (href !== null) expect(href).toMatch(/^(https?:\/\/|mailto:)/);
  }
}

describe("attempts to run something", () => {
  test.each(ATTEMPTS)("%j whole", (attempt) => expectHarmless(renderMarkdown(attempt)));

  test.each(ATTEMPTS)("%j streamed in random pieces", (attempt) => {
    const next = random(attempt.length);
    const text = `前の段落です。\n\n${attempt}\n\n後の段落です。`;
    const blocks = new Blocks();
    for (let end = 0; end < text.length; end += 1 + Math.floor(next() * 4)) {
      for (const block of blocks.update(text.slice(0, end), false)) expectHarmless(block.html);
    }
    for (const block of blocks.update(text, true)) expectHarmless(block.html);
  });

  test("raw HTML is shown as the text that it is", () => {
    expect(dom(renderMarkdown("<b>太字</b>")).textContent?.trim()).toBe("<b>太字</b>");
  });
});

test("a link to an address that is not allowed stays the text that it is", () => {
  const source = "[x](javascript:alert(1)) [y](/v1/models)";
  expect(dom(renderMarkdown(source)).textContent?.trim()).toBe(source);
});

test("emphasis closes beside Japanese punctuation", () => {
  expect(renderMarkdown("**強調。**続き")).toContain("<strong>強調。</strong>続き");
  expect(renderMarkdown("これは**「重要」**です")).toContain("<strong>「重要」</strong>");
});

test("a link says where it leads and tells nothing to where it leads", () => {
  const element = dom(renderMarkdown("[手引き](https://example.jp/guide)"));
  const link = element.querySelector("a")!;
  expect(link.getAttribute("rel")).toBe("noopener noreferrer");
  expect(link.getAttribute("target")).toBe("_blank");
  expect(link.title).toBe("https://example.jp/guide");
  expect(element.querySelector(".link-host")!.textContent).toBe("example.jp");
});

test("a host that the text names already is not said twice", () => {
  const element = dom(renderMarkdown("https://example.jp/a を見る"));
  expect(element.querySelector("a")!.getAttribute("href")).toBe("https://example.jp/a");
  expect(element.querySelector(".link-host")).toBeNull();
});

test("an image becomes a link", () => {
  const element = dom(renderMarkdown("![地図](https://example.jp/map.png)"));
  expect(element.querySelector("img")).toBeNull();
  expect(element.querySelector("a")!.textContent).toBe("地図");
});

test("alignment of tables is a class, never a style", () => {
  const html = renderMarkdown("| a | b |\n| :-: | --: |\n| 1 | 2 |");
  expect(html).not.toContain("style");
  const cells = [...dom(html).querySelectorAll("td")].map((cell) => cell.className);
  expect(cells).toEqual(["align-center", "align-right"]);
});

test.each([
  ["# 一\n\n## 二\n\n###### 六\n\n# 一", ["H3", "H4", "H5", "H3"]],
  ["### 三\n\n#### 四\n\n## 二", ["H3", "H4", "H3"]],
])("headings start below those of the page and skip no level: %j", (source, tags) => {
  const element = dom(renderMarkdown(source));
  expect([...element.children].map((child) => child.tagName)).toEqual(tags);
});

test("code keeps every character and its language", () => {
  const element = dom(renderMarkdown("```c++ title\nif (a < b && c) { }\n```"));
  expect(element.querySelector(".code-language")!.textContent).toBe("c++");
  expect(element.querySelector("code")!.textContent).toBe("if (a < b && c) { }\n");
});
