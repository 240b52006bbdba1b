/**
 * Tables between spreadsheets and Markdown.
 *
 * A table is a list of rows of cells; a cell is its text, with "\n" where it has several
 * lines. Rows may differ in length until they are written.
 */

export type Table = string[][];

/** What a clipboard holds, as far as tables concern it. */
export interface Pasted {
  html: string;
  text: string;
}

/** The table that a paste is, or null where it is not one, or more than one. */
export function pastedTable({ html, text }: Pasted): Table | null {
  const table = htmlTable(html) ?? (looksLikeTable(text) ? parseTsv(text) : null);
  if (table === null || Math.max(...table.map((row) => row.length)) < 2) return null;
  return table.length > 1 ? table : null;
}

/**
 * Cells with tabs between, as spreadsheets write them: a cell with a tab, a line break or a
 * quote stands in quotes, and its own quotes are doubled.
 */
export function parseTsv(text: string): Table {
  const source = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const rows: Table = [[]];
  let at = 0;
  while (at <= source.length) {
    const quoted = /^"((?:[^"]|"")*)"(?=[\t\n]|$)/.exec(source.slice(at));
    const plain = quoted === null ? /^[^\t\n]*/.exec(source.slice(at))![0] : "";
    rows.at(-1)!.push(quoted === null ? plain : quoted[1]!.replaceAll('""', '"'));
    at += quoted === null ? plain.length : quoted[0].length;
    if (source[at] === "\n") rows.push([]);
    at += 1;
  }
  return rows;
}

export function toTsv(table: Table): string {
  const cell = (text: string): string =>
    /[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return table.map((row) => row.map(cell).join("\t")).join("\r\n");
}

/** A table of GitHub's Markdown. Its first row is the head; columns of numbers go to the right. */
export function toMarkdown(table: Table): string {
  const width = Math.max(...table.map((row) => row.length));
  const rows = table.map((row) =>
    Array.from({ length: width }, (_, column) => markdownCell(row[column] ?? "")),
  );
  const [head, ...body] = rows as [string[], ...string[][]];
  const marks = head.map((_, column) =>
    body.length > 0 && body.every((row) => isNumber(row[column]!)) ? "---:" : "---",
  );
  return [head, marks, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The cells of a table that is shown on the page or was parsed. Merged cells are filled once. */
export function tableCells(table: HTMLTableElement): Table {
  const grid: (string | undefined)[][] = [];
  [...table.rows].forEach((row, y) => {
    let x = 0;
    for (const cell of row.cells) {
      while (grid[y]?.[x] !== undefined) x += 1;
      const height = Math.min(cell.rowSpan || 1, table.rows.length - y);
      for (let down = 0; down < height; down += 1) {
        for (let across = 0; across < Math.min(cell.colSpan, MOST_COLUMNS); across += 1) {
          (grid[y + down] ??= [])[x + across] = down + across === 0 ? cellText(cell) : "";
        }
      }
      x += cell.colSpan;
    }
  });
  return grid.map((row) => Array.from(row ?? [], (cell) => cell ?? ""));
}

const MOST_COLUMNS = 200;

function cellText(cell: Element): string {
  const copy = cell.cloneNode(true) as Element;
  for (const gone of copy.querySelectorAll("rt, rp, script, style, annotation")) gone.remove();
  for (const end of copy.querySelectorAll("br, p + p, div + div")) {
    end.before("\n");
  }
  return (copy.textContent ?? "")
    .split("\n")
    .map((line) => line.replace(/[ \t\r\u00a0]+/g, " ").trim())
    .join("\n")
    .trim();
}

/** The one table that HTML consists of. */
function htmlTable(html: string): Table | null {
  if (!/<table[\s>]/i.test(html)) return null;
  // The page's policy forbids styles, in a document that is never shown as well.
  const bare = html
    .replace(/<style[\s\S]*?<\/style>/gi, "")
    .replace(/\sstyle\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, "");
  // Line breaks of the source are spaces; those of a cell are elements.
  const parsed = new DOMParser().parseFromString(bare.replace(/[\r\n]+/g, " "), "text/html");
  const tables = parsed.body.querySelectorAll("table");
  if (tables.length !== 1) return null;
  const table = tables[0]!;
  const cells = tableCells(table);
  table.remove();
  return (parsed.body.textContent ?? "").trim() === "" && cells.length > 0 ? cells : null;
}

/** Tabs that make the same number of columns in every line, none of them an indentation. */
function looksLikeTable(text: string): boolean {
  if (!text.includes("\t")) return false;
  const rows = parseTsv(text);
  const width = rows[0]!.length;
  return rows.every((row) => row.length === width) && rows.some((row) => row[0] !== "");
}

function markdownCell(text: string): string {
  return text
    .replace(/\\(?=[|\\])/g, "\\\\")
    .replaceAll("|", "\\|")
    .replace(/\r\n?|\n/g, "<br>")
    .trim();
}

function isNumber(text: string): boolean {
  return /^[¥$€]?[-−▲△+]?[\d,.]*\d[\d,.]*\s*[%円]?$/.test(text);
}
