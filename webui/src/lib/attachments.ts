/** Text files that go with a question. They are kept with it, and reach the model with their name. */

import { decodeText } from "./decode";

/** What the server keeps of one. */
export interface Attachment {
  name: string;
  text: string;
}

/** One that is being written with: `encoding` is what its file was saved in. */
export interface DraftAttachment extends Attachment {
  id: number;
  encoding: string;
}

export type Read =
  | { kind: "text"; name: string; text: string; encoding: string }
  | { kind: "not-text" | "too-large"; name: string };

export const LARGEST_BYTES = 2 * 1024 * 1024;
export const MOST_ATTACHMENTS = 10;

/** Signs that could make a name look like another one, or break its line. */
const MISLEADING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const LONGEST_NAME = 120;

export function tidyName(name: string): string {
  const tidy = name.replace(MISLEADING, "_").trim() || "text";
  return tidy.length > LONGEST_NAME ? `${tidy.slice(0, LONGEST_NAME - 1)}…` : tidy;
}

export async function readFile(file: File): Promise<Read> {
  const name = tidyName(file.name);
  if (file.size > LARGEST_BYTES) return { kind: "too-large", name };
  // A folder that was dropped cannot be read.
  const bytes = await file.arrayBuffer().catch(() => null);
  const decoded = bytes === null ? null : decodeText(new Uint8Array(bytes));
  if (decoded === null) return { kind: "not-text", name };
  return { kind: "text", name, text: decoded.text.replace(/\r\n?/g, "\n"), encoding: decoded.encoding };
}

/** Bytes of a text as UTF-8, which is how it is kept. */
export function sizeOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * Tokens that a text will take, roughly and rather too many: Japanese takes about one for each
 * character, other languages one for three or four.
 */
export function estimateTokens(text: string): number {
  const wide = text.match(/[\u3000-\u9fff\uff00-\uffef]/g)?.length ?? 0;
  return Math.ceil(wide + (text.length - wide) / 3.5);
}
