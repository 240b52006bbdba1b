/** Server-sent events from a fetched body, comments included. */

import { createParser } from "eventsource-parser";

export type SseItem =
  | { kind: "data"; data: string; id?: string }
  | { kind: "comment"; text: string };

/** Read a body to its end. Ending the loop early cancels the body. */
export async function* readSse(body: ReadableStream<Uint8Array>): AsyncGenerator<SseItem> {
  const items: SseItem[] = [];
  const parser = createParser({
    onEvent: ({ data, id }) => items.push({ kind: "data", data, ...(id === undefined ? {} : { id }) }),
    onComment: (text) => items.push({ kind: "comment", text: text.trim() }),
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      parser.feed(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      yield* items.splice(0);
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(ignoreAborted);
  }
}

/** A body that was aborted cannot be cancelled again; there is nothing left to free. */
function ignoreAborted(): void {}
