import { expect, test } from "vitest";
import { languageOf, nameLanguage } from "../../src/lib/language";

test.each([
  ["これは日本語です。", "ja"],
  ["ＡＩの活用", "ja"],
  ["東京都庁", undefined],
  ["The answer is that it depends on the size of the file.", "en"],
  ["The word 見積 (みつもり) is what you write for an estimate, and it is common.", "en"],
  ["次の関数です。\n\n```js\n// this is the size of the list and of you\nlet a = 1;\n```", "ja"],
  ["다음과 같습니다", "ko"],
  ["42", undefined],
  ["", undefined],
])("a text is marked with its language", (text, language) => {
  expect(languageOf(text)).toBe(language);
});

test.each([
  ["議事録要約", "ja"],
  ["メール作成", "ja"],
  ["佐々木 〇〇", "ja"],
  ["Budget 2026", undefined],
])("a name in Han characters is Japanese here", (name, language) => {
  expect(nameLanguage(name)).toBe(language);
});
