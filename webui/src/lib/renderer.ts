/**
 * The Markdown renderer, loaded after the page itself can be used.
 *
 * It is half of all the code there is; until it has come, text is shown as it is.
 */

import type { Blocks } from "./blocks";

let loading: Promise<typeof import("./blocks")> | null = null;

/** Start loading, or try again after a failure. */
export async function loadRenderer(): Promise<Blocks> {
  loading ??= import("./blocks");
  try {
    return new (await loading).Blocks();
  } catch (error) {
    loading = null;
    throw error;
  }
}
