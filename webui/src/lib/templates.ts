/** Templates: prompts with blanks, the form that fills them, and what is exported. */

export type FieldKind = "text" | "long" | "choice" | "date";

export interface TemplateField {
  name: string;
  label: string;
  kind: FieldKind;
  hint: string;
  choices: string[];
  required: boolean;
}

export interface TemplateForm {
  title: string;
  description: string;
  body: string;
  fields: TemplateField[];
}

export interface Template extends TemplateForm {
  id: string;
  source: "shipped" | "own" | "group";
  group: string | null;
  editable: boolean;
  updated_at: number;
}

export interface TemplateFile {
  format: "jimae-templates/1";
  templates: TemplateForm[];
}

const BLANK = /\{\{\s*([A-Za-z][A-Za-z0-9_]{0,31})\s*\}\}/g;

/** The names of the blanks of a text, each once, in its order. */
export function blanksOf(body: string): string[] {
  return [...new Set(Array.from(body.matchAll(BLANK), (match) => match[1]!))];
}

/**
 * The prompt, with what was filled in. It is put in once and as it is: a blank that somebody
 * writes into a field stays what they wrote. A line that asks for nothing but what was left empty goes.
 */
export function fillTemplate(form: TemplateForm, values: Record<string, string>): string {
  const value = (name: string): string => (values[name] ?? "").trim();
  const optional = new Set(form.fields.filter((field) => !field.required).map((each) => each.name));
  return form.body
    .split("\n")
    .filter((line) => {
      const blanks = blanksOf(line);
      return blanks.length === 0 || !blanks.every((name) => optional.has(name) && !value(name));
    })
    .join("\n")
    .replace(BLANK, (_, name: string) => value(name) || "〔　〕");
}

/** Fields for the blanks of a text: those that are there already keep what they are. */
export function fieldsFor(body: string, fields: readonly TemplateField[]): TemplateField[] {
  const known = new Map(fields.map((field) => [field.name, field]));
  return blanksOf(body).map(
    (name) =>
      known.get(name) ?? { name, label: name, kind: "text", hint: "", choices: [], required: true },
  );
}

/** `2026-11-23` as 令和8年11月23日（月）. Days before 平成 are told in the western calendar. */
export function japaneseDate(iso: string): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso);
  if (match === null) return iso;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  const weekday = "日月火水木金土"[date.getUTCDay()]!;
  const era = ERAS.find(([, first]) => iso >= first);
  const since = era === undefined ? 0 : year - Number(era[1].slice(0, 4)) + 1;
  const shown = era === undefined ? `${year}` : `${era[0]}${since === 1 ? "元" : since}`;
  return `${shown}年${month}月${day}日（${weekday}）`;
}

const ERAS: [string, string][] = [
  ["令和", "2019-05-01"],
  ["平成", "1989-01-08"],
];

/** What a file holds, or null for one that is none of ours. The server checks the rest. */
export function readTemplateFile(text: string): TemplateFile | null {
  try {
    const value = JSON.parse(text) as Partial<TemplateFile> | null;
    const known = value?.format === "jimae-templates/1" && Array.isArray(value.templates);
    return known ? (value as TemplateFile) : null;
  } catch {
    return null;
  }
}
