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
  "flowchart TD\n A[<b onclick=x>]",
  "flowchart TD\n A[#60;img onerror=x#62;]",
  "x".repeat(20_001),
])("what could load something stays text: %.40s", (source) => {
  expect(plainSource(source)).toBeNull();
});

test("line breaks and signs of UML are not HTML", () => {
  const source = "classDiagram\n class A {\n <<interface>>\n }\n A <|-- B\n note \"x<br/>y\"\n A <--> C\n";
  expect(plainSource(source)).toBe(source);
});
