/**
 * Cuts a growing answer into sentences to be read aloud, without Markdown's signs.
 *
 * A screen reader that is told every token speaks in pieces; one that is told
 * sentences reads along. The code of code blocks is left out: it can be visited.
 */

const SENTENCE_END = /[。！？!?]+[」』）)]*|\n+|(?<!\d)\.(?=\s)/gu;

export class Sentences {
  #rest = "";
  #inCode = false;

  /** Take more text; returns the sentences that it completed. */
  add(text: string): string[] {
    this.#rest += text;
    const found: string[] = [];
    let start = 0;
    for (const match of this.#rest.matchAll(SENTENCE_END)) {
      const end = match.index + match[0].length;
      // What follows may still belong to it: 「。」 then 」 in the next piece.
      if (end === this.#rest.length) break;
      found.push(...this.#speak(this.#rest.slice(start, end)));
      start = end;
    }
    this.#rest = this.#rest.slice(start);
    return found;
  }

  /** The answer is over; returns what was left. */
  end(): string[] {
    const found = this.#speak(this.#rest);
    this.#rest = "";
    this.#inCode = false;
    return found;
  }

  #speak(raw: string): string[] {
    if (/^\s*(```|~~~)/.test(raw)) {
      this.#inCode = !this.#inCode;
      return [];
    }
    if (this.#inCode) return [];
    const plain = plainText(raw);
    return plain === "" ? [] : [plain];
  }
}

/** A piece of Markdown as it would be said. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^\s*(?:#{1,6}|>|[-*+])\s+/gm, "")
    .replace(/^[\s|:-]+$/gm, "")
    .replace(/[*_`~|]+/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
