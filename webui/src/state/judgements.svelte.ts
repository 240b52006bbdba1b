/** What somebody thought of answers, read for all that are on the page at once. */

import type { Judged, Verdict } from "../lib/feedback";
import { ask } from "./remote.svelte";

/** Ids of turns that fit into one address. */
const AT_ONCE = 50;

class Judgements {
  #verdicts: Record<string, Verdict | null> = $state({});
  #wanted: string[] = [];

  of(turn: string): Verdict | null {
    return this.#verdicts[turn] ?? null;
  }

  set(turn: string, verdict: Verdict | null): void {
    this.#verdicts[turn] = verdict;
  }

  /** Ask the server about a turn, together with all others of this moment. */
  want(turn: string): void {
    if (turn in this.#verdicts || this.#wanted.includes(turn)) return;
    this.#wanted.push(turn);
    if (this.#wanted.length === 1) queueMicrotask(() => void this.#read());
  }

  async #read(): Promise<void> {
    while (this.#wanted.length > 0) {
      const turns = this.#wanted.splice(0, AT_ONCE);
      const path = `jimae/feedback?turns=${turns.join(",")}`;
      // Without them an answer can be read and judged all the same.
      const found = await ask<{ data: Judged[] }>("GET", path).catch(() => ({ data: [] }));
      for (const { turn, verdict } of found.data) this.#verdicts[turn] ??= verdict;
    }
  }
}

export const judgements = new Judgements();
