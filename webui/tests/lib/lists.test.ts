import { expect, test } from "vitest";
import { dayKey, dayOf } from "../../src/lib/days";
import { pieces } from "../../src/lib/marks";
import { shownOf } from "../../src/lib/windowed";

const NOW = new Date(2026, 10, 23, 12, 0);
const at = (...parts: [number, number, number, number?]): number => new Date(...parts).getTime() / 1000;

test.each([
  [at(2026, 10, 23, 0), "today"],
  [at(2026, 10, 22, 23), "yesterday"],
  [at(2026, 10, 22, 0), "yesterday"],
  [at(2026, 10, 21, 23), "week"],
  [at(2026, 10, 16, 0), "week"],
  [at(2026, 10, 15, 23), "2026-11"],
  [at(2025, 3, 1), "2025-4"],
])("a time belongs to its day", (seconds, key) => {
  expect(dayKey(dayOf(seconds, NOW))).toBe(key);
});

test("only what is seen of a long list is there, and the rest keeps its height", () => {
  const offsets = Array.from({ length: 10_001 }, (_, index) => index * 40);
  for (const top of [0, 40, 12_345, 399_000]) {
    const { first, end, above, below } = shownOf(offsets, top, 800);
    expect(end - first).toBeLessThan(60);
    expect(above + (end - first) * 40 + below).toBe(400_000);
    expect(first * 40).toBeLessThanOrEqual(top);
    expect(end * 40).toBeGreaterThanOrEqual(Math.min(400_000, top + 800));
  }
  expect(shownOf([0], 0, 800)).toEqual({ first: 0, end: 0, above: 0, below: 0 });
});

test("marked pieces and those between are the whole text", () => {
  const text = "会議は午後、請求は明日";
  const found = pieces(text, [[3, 5], [6, 8]]);
  expect(found.map((piece) => piece.text).join("")).toBe(text);
  expect(found.filter((piece) => piece.marked).map((piece) => piece.text)).toEqual(["午後", "請求"]);
  expect(pieces("", [])).toEqual([]);
});
