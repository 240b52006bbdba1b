import { expect, test } from "vitest";
import { sorted, turned, type Column } from "../../src/lib/sorting";

interface Row {
  name: string;
  count: number | null;
}
const ROWS: Row[] = [
  { name: "10番", count: null },
  { name: "い", count: 2 },
  { name: "9番", count: 10 },
  { name: "あ", count: 2 },
];
const COLUMNS: Column<Row>[] = [
  { id: "name", label: "", value: (row) => row.name },
  { id: "count", label: "", value: (row) => row.count },
  { id: "other", label: "" },
];
const names = (column: string, down: boolean): string[] =>
  sorted(ROWS, COLUMNS, { column, down }, "ja").map((row) => row.name);

test("words are sorted as people do, numbers in them by size", () => {
  expect(names("name", false)).toEqual(["9番", "10番", "あ", "い"]);
  expect(names("name", true)).toEqual(["い", "あ", "10番", "9番"]);
});

test("nothing comes last either way, and equals keep their order", () => {
  expect(names("count", false)).toEqual(["い", "あ", "9番", "10番"]);
  expect(names("count", true)).toEqual(["9番", "い", "あ", "10番"]);
});

test("a column without values leaves the order as it is", () => {
  expect(names("other", false)).toEqual(ROWS.map((row) => row.name));
});

test("a head turns up, down and off", () => {
  const up = turned(null, "name");
  const down = turned(up, "name");
  expect([up, down, turned(down, "name")]).toEqual([
    { column: "name", down: false },
    { column: "name", down: true },
    null,
  ]);
  expect(turned(down, "count")).toEqual({ column: "count", down: false });
});
