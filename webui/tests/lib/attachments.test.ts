import { File } from "node:buffer";
import { expect, test } from "vitest";
import { estimateTokens, readFile, tidyName } from "../../src/lib/attachments";

/** jsdom's own files cannot be read. */
function asFile(file: File): globalThis.File {
  return file as unknown as globalThis.File;
}

test("a name cannot look like another one, nor fill the page", () => {
  expect(tidyName("請求書\u202Efdp.exe\n")).toBe("請求書_fdp.exe_");
  expect(tidyName("  ")).toBe("text");
  expect([...tidyName("長".repeat(500))].length).toBe(120);
});

test("files are read, told apart from what is no text, and limited", async () => {
  expect(await readFile(asFile(new File(["一\r\n二"], "メモ.txt")))).toEqual({
    ...{ kind: "text", name: "メモ.txt", text: "一\n二", encoding: "UTF-8" },
  });
  expect(await readFile(asFile(new File([new Uint8Array([0, 1, 2])], "a.bin")))).toEqual({
    kind: "not-text",
    name: "a.bin",
  });
  const large = asFile(new File(["x".repeat(2 * 1024 * 1024 + 1)], "b.txt"));
  expect(await readFile(large)).toEqual({ kind: "too-large", name: "b.txt" });
});

test("estimates of tokens are on the high side", () => {
  expect(estimateTokens("日本の首都は東京です。")).toBe(11);
  expect(estimateTokens("The capital of Japan is Tokyo.")).toBe(9);
});
