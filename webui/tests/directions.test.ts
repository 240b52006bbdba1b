import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { expect, test } from "vitest";

// Each room may use those below it and itself.
const ROOMS = ["views", "components", "state", "texts", "lib"];
// Texts are typed by lib's languages, and lib knows no texts.
const SOURCE = join(import.meta.dirname, "../src");

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|svelte)$/.test(name))
    .map((name) => join(folder, name));
}

function imports(file: string): string[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map((match) =>
    relative(SOURCE, normalize(join(dirname(file), match[1]!))),
  );
}

test("imports go from views down to lib, never up", () => {
  let seen = 0;
  for (const file of files(SOURCE)) {
    const room = ROOMS.indexOf(relative(SOURCE, file).split("/")[0]!);
    for (const target of imports(file)) {
      const below = ROOMS.indexOf(target.split("/")[0]!);
      if (target.startsWith("styles")) continue;
      seen += 1;
      expect(below, `${relative(SOURCE, file)} imports ${target}`).toBeGreaterThanOrEqual(room);
    }
  }
  expect(seen).toBeGreaterThan(50);
});

test("nothing that the browser tells late is heard by an element that may be gone", () => {
  const late = /<dialog\b[^>]*?\bonclose=|\bontoggle=|<dialog\b[^>]*?\{onclose\}/;
  for (const file of files(SOURCE)) {
    expect(readFileSync(file, "utf8"), relative(SOURCE, file)).not.toMatch(late);
  }
});
