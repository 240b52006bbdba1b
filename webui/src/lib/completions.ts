/** `POST /v1/chat/completions` as a stream of typed events. */

import { ApiError, isAbort, isRecord, parseEnvelope, request } from "./api";
import { readSse, type SseItem } from "./sse";
import type { Language, Usage, Wait } from "./types";

export type CompletionEvent =
  | { kind: "wait"; wait: Wait }
  | { kind: "text"; text: string }
  | { kind: "finish"; reason: string }
  | { kind: "usage"; usage: Usage };

export interface CompletionRequest {
  model: string | null;
  messages: { role: "user" | "assistant"; content: string }[];
}

/** Ask, and yield what comes. Aborting the signal ends the answer on the server too. */
export async function* complete(
  ask: CompletionRequest,
  language: Language,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent> {
  const response = await request("v1/chat/completions", language, {
    method: "POST",
    signal,
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({
      ...(ask.model === null ? {} : { model: ask.model }),
      messages: ask.messages,
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  if (response.body === null) throw new ApiError("connection_lost", "");
  try {
    for await (const item of readSse(response.body)) {
      if (item.kind === "data" && item.data === "[DONE]") return;
      yield* eventsOf(item);
    }
  } catch (error) {
    if (error instanceof ApiError || isAbort(error)) throw error;
    throw new ApiError("connection_lost", "");
  }
  throw new ApiError("connection_lost", "");
}

/** What one item of the stream says. Throws ApiError for an error event. */
export function eventsOf(item: SseItem): CompletionEvent[] {
  if (item.kind === "comment") {
    const wait = parseWait(item.text);
    return wait === null ? [] : [{ kind: "wait", wait }];
  }
  const chunk: unknown = JSON.parse(item.data);
  const error = parseEnvelope(chunk);
  if (error !== null) throw error;
  if (!isRecord(chunk)) return [];
  const events: CompletionEvent[] = [];
  const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
  if (isRecord(choice)) {
    const text = isRecord(choice.delta) ? choice.delta.content : null;
    if (typeof text === "string" && text !== "") events.push({ kind: "text", text });
    if (typeof choice.finish_reason === "string") {
      events.push({ kind: "finish", reason: choice.finish_reason });
    }
  }
  if (isRecord(chunk.usage)) {
    const { prompt_tokens, completion_tokens } = chunk.usage;
    if (typeof prompt_tokens === "number" && typeof completion_tokens === "number") {
      events.push({
        kind: "usage",
        usage: { promptTokens: prompt_tokens, completionTokens: completion_tokens },
      });
    }
  }
  return events;
}

/** `queued position=2 seconds=12`, `prefill done=512 total=2050`, `loading seconds=3`. */
export function parseWait(comment: string): Wait | null {
  const [kind, ...pairs] = comment.split(/\s+/);
  const numbers = new Map<string, number>();
  for (const pair of pairs) {
    const [name, value] = pair.split("=");
    const number = Number(value);
    if (name !== undefined && value !== undefined && Number.isFinite(number)) numbers.set(name, number);
  }
  const get = (name: string): number | null => numbers.get(name) ?? null;
  switch (kind) {
    case "queued": {
      const position = get("position");
      return position === null ? null : { kind, position, seconds: get("seconds") };
    }
    case "prefill": {
      const [done, total] = [get("done"), get("total")];
      return done === null || total === null ? null : { kind, done, total };
    }
    case "loading":
      return { kind };
    default:
      return null;
  }
}
