import { describe, expect, test } from "vitest";
import {
  blanksOf,
  fieldsFor,
  fillTemplate,
  japaneseDate,
  readTemplateFile,
  type TemplateForm,
} from "../../src/lib/templates";

const FORM: TemplateForm = {
  title: "案内",
  description: "",
  body: "件名: {{title}}\n期限: {{ until }}\n{{text}}",
  fields: [
    { name: "title", label: "件名", kind: "text", hint: "", choices: [], required: true },
    { name: "until", label: "期限", kind: "date", hint: "", choices: [], required: false },
    { name: "text", label: "本文", kind: "long", hint: "", choices: [], required: true },
  ],
};

describe("filling", () => {
  test("puts each value where its blank is, once", () => {
    const values = { title: "{{text}} $& $1", until: "明日", text: "一行\n二行" };
    expect(fillTemplate(FORM, values)).toBe("件名: {{text}} $& $1\n期限: 明日\n一行\n二行");
  });

  test("leaves out the line of what may be empty, and marks what is missing", () => {
    expect(fillTemplate(FORM, { title: "", text: "本文" })).toBe("件名: 〔　〕\n本文");
  });
});

test("fields follow the blanks of a text and keep what they were", () => {
  const fields = fieldsFor("{{text}} {{new}} {{text}}", FORM.fields);
  expect(fields.map((field) => [field.name, field.label])).toEqual([
    ["text", "本文"],
    ["new", "new"],
  ]);
  expect(blanksOf("{{1a}} {{a b}} {a} {{ok}}")).toEqual(["ok"]);
});

test.each([
  ["2026-11-23", "令和8年11月23日（月）"],
  ["2019-05-01", "令和元年5月1日（水）"],
  ["2019-04-30", "平成31年4月30日（火）"],
  ["1989-01-08", "平成元年1月8日（日）"],
  ["1989-01-07", "1989年1月7日（土）"],
  ["", ""],
])("%s is %s", (iso, said) => expect(japaneseDate(iso)).toBe(said));

test.each(["", "{}", "null", "[]", '{"format":"other","templates":[]}', "{"])(
  "%j is no file of templates",
  (text) => expect(readTemplateFile(text)).toBeNull(),
);
