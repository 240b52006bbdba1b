import { expect, test } from "vitest";
import { hasAll, wordsOf } from "../../src/lib/words";

test.each([
  ["", true],
  ["　 ", true],
  ["メール", true],
  ["ﾒｰﾙ　作成", true],
  ["作成 メール", true],
  ["ｍａｉｌ", true],
  ["メール 会議", false],
])("%s is found or not", (wanted, found) => {
  expect(hasAll("メール作成 Mail", wordsOf(wanted))).toBe(found);
});
