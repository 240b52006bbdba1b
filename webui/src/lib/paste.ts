/** What is pasted into a text field, with the browser's own undo. */

import { pastedTable, toMarkdown, type Pasted } from "./tables";

/** Larger tables stay as they are: they belong into a file. */
const MOST_CELLS = 5_000;

/** The Markdown of a table that was copied from a spreadsheet or a page, or null. */
export function tableOf(pasted: Pasted): string | null {
  const table = pastedTable(pasted);
  if (table === null || table.length * table[0]!.length > MOST_CELLS) return null;
  return toMarkdown(table);
}

/**
 * Insert `raw` where the caret is, and then `better` in its place: two steps, of which undo
 * takes back one after the other.
 */
export function insertText(field: HTMLTextAreaElement, raw: string, better: string): void {
  const start = field.selectionStart;
  if (raw !== "") document.execCommand("insertText", false, raw);
  field.setSelectionRange(start, start + raw.length);
  document.execCommand("insertText", false, better);
}
