/** Asking the server in the reader's language, and things that are read from it. */

import { ApiError, call, isAbort, type Method } from "../lib/api";
import type { ToldFailure } from "../lib/types";
import { settings } from "./settings.svelte";

export function ask<T>(method: Method, path: string, body?: object): Promise<T> {
  return call<T>(method, path, settings.language, body);
}

/** What went wrong, in a sentence: the server's own, or ours where it had none to say. */
export function failureOf(error: unknown): ToldFailure {
  if (!(error instanceof ApiError)) return { code: "unknown", message: String(error) };
  const { code, message } = error;
  return { code, message: message || settings.failure(code) };
}

/**
 * Something that is read from the server, and read again. The newest reading wins: an
 * older one that comes later is passed over.
 */
export class Remote<T> {
  value: T | null = $state.raw(null);
  failure: ToldFailure | null = $state.raw(null);
  loading = $state(false);

  #address: () => string;
  #abort: AbortController | null = null;

  constructor(address: () => string) {
    this.#address = address;
  }

  async refresh(): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.loading = true;
    try {
      const signal = abort.signal;
      this.value = await call<T>("GET", this.#address(), settings.language, undefined, signal);
      this.failure = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.failure = failureOf(error);
    }
    if (this.#abort === abort) this.loading = false;
  }
}
