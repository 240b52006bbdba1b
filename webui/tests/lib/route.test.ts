import { expect, test } from "vitest";
import { link, parse } from "../../src/lib/route";

test.each([
  ["", [], {}],
  ["#/", [], {}],
  ["#/admin/people", ["admin", "people"], {}],
  ["#/admin/people?search=%E5%B1%B1&group=", ["admin", "people"], { search: "山", group: "" }],
  ["#/a%2Fb", ["a/b"], {}],
  ["#/%E0%A4%A", ["%E0%A4%A"], {}],
])("%s is a place", (hash, parts, query) => expect(parse(hash)).toEqual({ parts, query }));

test("a link leads back to the same place", () => {
  const parts = ["admin", "a/b", "山?#"];
  const query = { search: "a&b=c 山", none: "" };
  expect(parse(link(parts, query))).toEqual({ parts, query: { search: "a&b=c 山" } });
});
