import { expect, test } from "vitest";
import { TEXTS } from "../src/texts";
import { ACCOUNT } from "../src/texts/account";
import { ADMIN } from "../src/texts/admin";
import { ANSWERS } from "../src/texts/answers";
import { AUDIT } from "../src/texts/audit";
import { CHAT_TEXTS } from "../src/texts/chats";
import { GATE } from "../src/texts/gate";
import { INPUT } from "../src/texts/input";
import { MANAGING } from "../src/texts/managing";
import { MENU } from "../src/texts/menu";
import { WORK } from "../src/texts/work";

const ALL = { TEXTS, ACCOUNT, ADMIN, ANSWERS, AUDIT, CHAT_TEXTS, GATE, INPUT, MANAGING, MENU, WORK };

function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (...a: string[]) => string)("1", "2"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

test.each(Object.entries(ALL))("both languages of %s say the same things", (_, texts) => {
  const paths = (language: "ja" | "en"): string[] => leaves(texts[language]).map(([path]) => path);
  expect(paths("en")).toEqual(paths("ja"));
});

test("no text is empty, and English has no kana", () => {
  for (const [path, text] of [...leaves(TEXTS.ja), ...leaves(TEXTS.en)]) expect(text, path).not.toBe("");
  for (const [path, text] of leaves(TEXTS.en)) expect(text, path).not.toMatch(/[\u3040-\u30ff]/);
});
