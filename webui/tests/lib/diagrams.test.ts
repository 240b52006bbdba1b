import { expect, test } from "vitest";
import { plainSource } from "../../src/lib/diagrams";

test("a source keeps what it draws, and loses what configures mermaid", () => {
  const source =
    '---\nconfig:\n  theme: base\n---\n%%{init: {"securityLevel": "loose"}}%%\nflowchart TD\n  A[申請] --> B{審査}\n  click A call run()\n';
  expect(plainSource(source)).toBe("\nflowchart TD\n  A[申請] --> B{審査}\n\n");
});

test.each([
  "flowchart TD\n style A fill:url(https://evil.example)",
  'flowchart TD\n A@{ img: "https://evil.example/a.png" }',
  'flowchart TD\n A["<img src=x>"]',
  'flowchart TD\n A["<a href=x>"]',
  "x".repeat(20_001),
])("what could load something stays text: %.40s", (source) => {
  expect(plainSource(source)).toBeNull();
});
