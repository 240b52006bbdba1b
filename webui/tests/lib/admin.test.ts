import { describe, expect, it } from "vitest";
import { typedName } from "../../src/lib/admin";

describe("a name that is typed", () => {
  it("is compared as the server compares it", () => {
    expect(typedName(" ＨＡＮＡＫＯ ")).toBe("hanako");
    expect(typedName("ｻﾄｳ")).toBe("サトウ");
    expect(typedName("h.sato")).not.toBe(typedName("hsato"));
  });
});
