import { describe, expect, test } from "vitest";
import { parseTsv, pastedTable, tableCells, toMarkdown, toTsv } from "../../src/lib/tables";
import { random } from "../streams";

/** As Excel puts it on the clipboard, styles, comments and all. */
const EXCEL = `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><style><!--table
  {mso-displayed-decimal-separator:"\\.";} --></style></head><body>
<!--StartFragment--><table border=0 style='border-collapse:collapse;width:162pt'>
 <col width=72 style='width:54pt'>
 <tr height=18 style='height:13.5pt'><td>品名</td><td>備考</td><td align=right>金額</td></tr>
 <tr><td>紙 | A4</td><td>青<br>
  赤</td><td align=right>1,200</td></tr>
 <tr><td colspan=2>合計</td><td align=right x:num>1,200</td></tr>
<!--EndFragment--></table></body></html>`;
const AS_TEXT = '品名\t備考\t金額\r\n紙 | A4\t"青\n赤"\t1,200\r\n合計\t\t1,200\r\n';

describe("a paste from a spreadsheet", () => {
  const cells = [
    ["品名", "備考", "金額"],
    ["紙 | A4", "青\n赤", "1,200"],
    ["合計", "", "1,200"],
  ];

  test.each([
    ["formatted", { html: EXCEL, text: AS_TEXT }],
    ["as text only", { html: "", text: AS_TEXT }],
  ])("%s", (_, pasted) => expect(pastedTable(pasted)).toEqual(cells));

  test("becomes Markdown with its bars and line breaks kept", () => {
    expect(toMarkdown(cells)).toBe(
      [
        "| 品名 | 備考 | 金額 |",
        "| --- | --- | ---: |",
        "| 紙 \\| A4 | 青<br>赤 | 1,200 |",
        "| 合計 |  | 1,200 |",
      ].join("\n"),
    );
  });
});

test.each([
  ["words", { html: "<p>普通の文</p>", text: "普通の文" }],
  ["indented code", { html: "", text: "if x:\n\tprint(1)\n\tprint(2)" }],
  ["lines of different length", { html: "", text: "a\tb\nc" }],
  ["a page with a table in it", { html: "<p>前</p><table><tr><td>a<td>b<tr><td>c<td>d</table>", text: "前" }],
  ["one cell", { html: "<table><tr><td>一つ</td></tr></table>", text: "一つ" }],
  ["one column", { html: "", text: "一\n二\n三" }],
])("%s stays what it is", (_, pasted) => expect(pastedTable(pasted)).toBeNull());

test("what is written as a spreadsheet does is read as it was", () => {
  const next = random(11);
  const signs = ["a", "表", '"', "\t", "\n", "|", " ", ""];
  for (let round = 0; round < 500; round += 1) {
    const table = Array.from({ length: 1 + Math.floor(next() * 4) }, () =>
      Array.from({ length: 2 + Math.floor(next() * 3) }, () =>
        Array.from({ length: Math.floor(next() * 6) }, () => signs[Math.floor(next() * signs.length)]).join(""),
      ),
    );
    // A single empty cell at the end of a file is a line end, as spreadsheets have it.
    expect(parseTsv(`${toTsv(table)}\r\n`), JSON.stringify(table)).toEqual(table);
  }
});

test("merged cells take their room once", () => {
  const body = document.createElement("div");
  body.innerHTML =
    "<table><tr><td rowspan=2>縦</td><td colspan=2>横</td></tr><tr><td>一</td><td>二</td></tr></table>";
  expect(tableCells(body.querySelector("table")!)).toEqual([
    ["縦", "横", ""],
    ["", "一", "二"],
  ]);
});

test("furigana and scripts of a cell are not its text", () => {
  const html =
    "<table><tr><td><ruby>髙橋<rt>タカハシ</rt></ruby></td><td>x<script>1</script></td></tr><tr><td>1</td><td>2</td></tr></table>";
  expect(pastedTable({ html, text: "" })).toEqual([
    ["髙橋", "x"],
    ["1", "2"],
  ]);
});
