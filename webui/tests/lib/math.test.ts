import { describe, expect, test } from "vitest";
import { Blocks } from "../../src/lib/blocks";
import { renderMarkdown } from "../../src/lib/markdown";
import { mathml } from "../../src/lib/mathml";

function dom(html: string): HTMLElement {
  const element = document.createElement("div");
  element.innerHTML = html;
  return element;
}

function formulas(source: string): string[] {
  return [...dom(renderMarkdown(source)).querySelectorAll("code.math, .math-block code")].map(
    (each) => each.textContent ?? "",
  );
}

describe("formulas", () => {
  test.each([
    ["面積は \\(a^2 + b^2\\) です", ["a^2 + b^2"]],
    ["\\[\n\\int_0^1 x\\,dx\n\\]", ["\\int_0^1 x\\,dx"]],
    ["$$\nE = mc^2\n$$", ["E = mc^2"]],
    ["次の式 $$x_1$$ を見る", ["x_1"]],
    ["変数 $x$ と $y$ について", ["x", "y"]],
    ["$\\frac{1}{2}$、$a_i = 3$、$\\alpha$", ["\\frac{1}{2}", "a_i = 3", "\\alpha"]],
    ["- 項目\n  \\[ a < b \\]", ["a < b"]],
    ["| 式 |\n|---|\n| \\(x\\) |", ["x"]],
  ])("%j", (source, found) => expect(formulas(source)).toEqual(found));

  test.each([
    "$100 と $200 の差",
    "US$100〜US$200です",
    "価格は$5です。$10ではありません。",
    "$1,000=$2,000/2",
    "$HOME/bin:$PATH",
    "`$x$` はコード",
    "```\n$x^2$ \\(y\\)\n```",
    "$price = $total",
    "A$と$B",
    "$ x $",
    "報酬は$50-$60",
    "It costs $5 or $6_000 a year",
    "\\\\(x)",
  ])("money and code stay as they are: %j", (source) => expect(formulas(source)).toEqual([]));

  test("a block that grows is not cut at its empty lines", () => {
    const source = "前\n\n$$\na\n\nb\n$$\n\n後\n";
    const blocks = new Blocks();
    for (let end = 1; end < source.length; end += 1) blocks.update(source.slice(0, end), false);
    const html = blocks.update(source, true).map((block) => block.html).join("");
    expect(dom(html).querySelectorAll(".math-block").length).toBe(1);
    expect(html).toBe(new Blocks().update(source, true).map((block) => block.html).join(""));
  });
});

describe("MathML", () => {
  test("has what a browser and a screen reader need, and no style", () => {
    const element = dom(mathml("\\sum_{i=1}^n \\sqrt{x_i}", true)!);
    expect(element.querySelector("math")!.getAttribute("display")).toBe("block");
    expect(element.querySelector("annotation")!.getAttribute("encoding")).toBe("application/x-tex");
    expect(element.querySelector("msqrt")).not.toBeNull();
    expect(element.querySelector("[style]")).toBeNull();
  });

  test.each(["\\frac{", "\\unknown", "\\def\\a{\\a\\a}\\a"])("%s cannot be read", (tex) =>
    expect(mathml(tex, false)).toBeNull(),
  );

  test.each([
    "\\href{javascript:alert(1)}{x}",
    "\\includegraphics{https://evil.example/a.png}",
    "\\htmlStyle{background:url(https://evil.example)}{x}",
    "\\htmlData{a=b}{x}",
    "\\url{javascript:alert(1)}",
    "\\text{<img src=x onerror=alert(1)>}",
    "\\fcolorbox{red}{blue}{x}",
  ])("nothing leads out of %s", (tex) => {
    const html = mathml(tex, false) ?? "";
    const element = dom(html);
    expect(element.querySelector("a, img, script, [href], [src], [style], [onerror]")).toBeNull();
  });
});
