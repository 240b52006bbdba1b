/**
 * A growing answer as a list of rendered blocks.
 *
 *     text   | block 0 | block 1 | … | tail, still growing |
 *            0                       #from             text.length
 *
 * A top-level block is finished once a complete line after it starts another
 * one; from then on nothing can change it, so it is rendered once and kept. Only
 * the tail is rendered again, with its open emphasis and code closed for the eye.
 * (A link definition that comes after its use is the exception: Markdown lets it
 * reach back, and here it does not.)
 */

import remend from "remend";
import { blockStarts, renderMarkdown, type Env } from "./markdown";

export interface Block {
  html: string;
  done: boolean;
}

const MEND = {
  linkMode: "text-only",
  katex: false,
  htmlTags: false,
  comparisonOperators: false,
  singleTilde: false,
} as const;

export class Blocks {
  #text = "";
  #from = 0;
  #finished: Block[] = [];
  #env: Env = {};

  /** The blocks of the text so far; `done` says that no more comes. */
  update(text: string, done: boolean): readonly Block[] {
    if (!text.startsWith(this.#text)) this.#reset();
    this.#text = text;
    this.#finish(done ? text.length : text.lastIndexOf("\n") + 1);
    const tail = text.slice(this.#from);
    if (tail.trim() === "") return this.#finished;
    if (done) {
      const last = { html: renderMarkdown(tail, this.#env), done: true };
      return [...this.#finished, last];
    }
    const html = renderMarkdown(remend(tail, MEND), { ...this.#env });
    return [...this.#finished, { html, done: false }];
  }

  /** Render and keep all blocks but the last of the text up to `end`. */
  #finish(end: number): void {
    if (end <= this.#from) return;
    const complete = this.#text.slice(this.#from, end);
    const starts = blockStarts(complete);
    if (starts.length < 2) return;
    const offsets = lineOffsets(complete);
    const cuts = starts.map((line) => offsets[line] ?? complete.length);
    const kept = cuts.slice(1).map((cut, index) => ({
      html: renderMarkdown(complete.slice(cuts[index], cut), this.#env),
      done: true,
    }));
    this.#finished = [...this.#finished, ...kept];
    this.#from += cuts.at(-1) ?? 0;
  }

  #reset(): void {
    this.#text = "";
    this.#from = 0;
    this.#finished = [];
    this.#env = {};
  }
}

/** Where each line starts. */
function lineOffsets(text: string): number[] {
  const offsets = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) offsets.push(at + 1);
  return offsets;
}
