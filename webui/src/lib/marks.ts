/** A text in pieces: those that were looked for, and those between. */

import type { Span } from "./chats";

export interface Piece {
  text: string;
  marked: boolean;
}

export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const [start, end] of spans) {
    if (start > at) found.push({ text: text.slice(at, start), marked: false });
    found.push({ text: text.slice(start, end), marked: true });
    at = end;
  }
  if (at < text.length) found.push({ text: text.slice(at), marked: false });
  return found;
}
