/** What the views of administration share. */

import type { Page } from "../lib/account";
import { call, isAbort } from "../lib/api";
import type { ToldFailure } from "../lib/types";
import { asking, told } from "./asking.svelte";
import { failureOf } from "./remote.svelte";
import { settings } from "./settings.svelte";

/** A list that is read page by page, and from its beginning when what is looked for changes. */
export class Pages<T> {
  rows: T[] | null = $state.raw(null);
  more = $state(false);
  loading = $state(false);
  failure: ToldFailure | null = $state.raw(null);

  #path: string;
  #query: () => Record<string, string>;
  #last: (row: T) => string;
  #abort: AbortController | null = null;

  /** `last` is how the server calls a row after which it is to go on. */
  constructor(
    path: string,
    query: () => Record<string, string> = () => ({}),
    last: (row: T) => string = (row) => (row as { id: string }).id,
  ) {
    this.#path = path;
    this.#query = query;
    this.#last = last;
  }

  refresh(): Promise<void> {
    return this.#read(null);
  }

  next(): Promise<void> {
    const row = this.rows?.at(-1);
    return this.#read(row === undefined ? null : this.#last(row));
  }

  async #read(after: string | null): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const said = Object.entries(this.#query()).filter(([, value]) => value !== "");
    const query = new URLSearchParams(said);
    if (after !== null) query.set("after", after);
    this.loading = true;
    try {
      const path = query.size > 0 ? `${this.#path}?${query}` : this.#path;
      const page = await call<Page<T>>("GET", path, settings.language, undefined, abort.signal);
      this.rows = after === null ? page.data : [...(this.rows ?? []), ...page.data];
      this.more = page.has_more;
      this.failure = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.failure = failureOf(error);
    }
    if (this.#abort === abort) this.loading = false;
  }
}

/** Do something after a question, say how it went, and tell whether it was done. */
export async function confirmed(
  question: { title: string; words: string; action: string },
  act: () => Promise<unknown>,
  done: string,
): Promise<boolean> {
  if (!(await asking.confirm({ ...question, danger: true }))) return false;
  return attempted(act, done);
}

/** The same without a question. */
export async function attempted(act: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await act();
  } catch (error) {
    told.say(failureOf(error).message);
    return false;
  }
  told.say(done);
  return true;
}
