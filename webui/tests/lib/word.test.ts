import { expect, test } from "vitest";
import { plainContent, tableHtml, wordContent } from "../../src/lib/word";

const ANSWER = `# 題

**強調**と[手引き](https://example.jp/)です。
次の行。

1. 一つ目
2. 二つ目
   - 内側

| 品 | 額 |
| --- | --: |
| 紙 | 1 |

\`\`\`python
if a < b:
    print(1)
\`\`\`

\\(x^2\\) です。`;

test("headings, lists, tables and code reach a word processor as such", () => {
  const { html } = wordContent(ANSWER, (tex) => `<span><math><mi>${tex}</mi></math></span>`);
  expect(html).toContain("<h1>題</h1>");
  expect(html).toContain("<b>強調</b>");
  expect(html).toContain('<a href="https://example.jp/">手引き</a>');
  expect(html).toMatch(/<ol>\s*<li>一つ目<\/li>\s*<li>二つ目\s*<ul>\s*<li>内側<\/li>/);
  expect(html).toMatch(/<table border="1" cellspacing="0" cellpadding="4"><tr><th/);
  expect(html).toContain("<pre>if a &lt; b:\n    print(1)</pre>");
  expect(html).toContain("<math><mi>x^2</mi></math>");
  expect(html).not.toMatch(/class=|style=|tabindex|code-bar/);
});

test("plain text has no signs of Markdown", () => {
  expect(plainContent(ANSWER)).toBe(
    "題\n\n強調と手引きです。\n次の行。\n\n1. 一つ目\n2. 二つ目\n  ・内側\n\n品\t額\n紙\t1\n\nif a < b:\n    print(1)\n\nx^2 です。",
  );
});

test("a cell cannot bring elements of its own", () => {
  expect(tableHtml([["<b>a</b>", 'x"\ny']])).toContain(
    "&lt;b&gt;a&lt;/b&gt;</th><th",
  );
  expect(tableHtml([["a\nb"]])).toContain("a<br>b");
});
