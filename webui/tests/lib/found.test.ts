import { expect, test } from "vitest";
import { rangesOf } from "../../src/lib/found";

function said(html: string, words: string[]): string[] {
  const element = document.createElement("div");
  element.innerHTML = html;
  return rangesOf(element, words).map(String);
}

test("words are found over the borders of what is bold, in their order", () => {
  expect(said("<p>会議は<b>午</b>後、<a>請求</a>書</p><p>午後</p>", ["請求", "午後"])).toEqual([
    "午後",
    "請求",
    "午後",
  ]);
});

test("a word is a word, and no pattern", () => {
  expect(said("<p>a.b (c) [d] $1</p>", ["a.b", "(c)", "[d]", "$1"])).toEqual(["a.b", "(c)", "[d]", "$1"]);
  expect(said("<p>axb</p>", ["a.b"])).toEqual([]);
});

test("upper and lower case are the same", () => {
  expect(said("<p>Excel EXCEL</p>", ["excel"])).toEqual(["Excel", "EXCEL"]);
});

test("without words there is nothing to find", () => {
  expect(said("<p>午後</p>", [])).toEqual([]);
  expect(said("<p>午後</p>", [""])).toEqual([]);
  expect(said("", ["午後"])).toEqual([]);
});
