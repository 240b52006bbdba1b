/** Chats as the server keeps them: shapes, routes, and the events of an answer that is written. */

import { ApiError, isAbort, isRecord, request } from "./api";
import { readSse } from "./sse";
import type { Failure, Language, Wait } from "./types";

export type Part =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "attachment"; name: string; text: string }
  | { type: "call"; id: string; name: string; arguments: string }
  | { type: "result"; id: string; text: string }
  | { type: "note"; text: string };

export type TurnStatus = "running" | "completed" | "incomplete" | "failed";
export type Reason = "length" | "stopped" | "unread" | "interrupted";

/** A question or an answer. `siblings` are its versions, in the order they were made. */
export interface Turn {
  id: string;
  parent: string | null;
  role: "user" | "assistant";
  created_at: number;
  parts: Part[];
  model: string | null;
  status: TurnStatus;
  reason: Reason | null;
  error: Failure | null;
  usage: { prompt_tokens: number; completion_tokens: number; cached_tokens: number } | null;
  /** Seconds. */
  timings: { queue: number; prefill: number; decode: number } | null;
  run: { id: string; after: number } | null;
  siblings: string[];
}

export interface ChatSettings {
  instructions: string | null;
  style: string | null;
  temperature: number | null;
}

/** A line of the list. Times are Unix seconds. */
export interface ChatRow {
  id: string;
  title: string;
  named: boolean;
  folder: string | null;
  pinned: boolean;
  model: string | null;
  settings: ChatSettings;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
  running: boolean;
  shared_with: string[];
  mine: boolean;
  owner_name: string | null;
}

export interface OpenedChat {
  chat: ChatRow;
  head: string | null;
  turns: Turn[];
  has_more: boolean;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
}

export interface Folder {
  id: string;
  name: string;
  parent: string | null;
}

/** Places in a text, as `String.slice` takes them. */
export type Span = [number, number];

export interface FoundChat {
  id: string;
  chat: ChatRow;
  turn: string | null;
  text: string;
  spans: Span[];
  title_spans: Span[];
}

export interface Imported {
  imported: number;
  already: number;
  failed: { index: number; reason: string }[];
}

export type RunEvent =
  | { type: "wait"; wait: Wait }
  | { type: "part"; index: number; part: Part }
  | { type: "delta"; index: number; text: string }
  | { type: "end"; turn: Turn };

export type FeedEvent =
  | { type: "hello" }
  | { type: "chat"; id: string }
  | { type: "gone"; id: string }
  | { type: "folders" };

export const CHATS = "jimae/chats";
export const FOLDERS = "jimae/folders";

export function chatPath(id: string, ...rest: string[]): string {
  return [CHATS, id, ...rest].map((part, at) => (at === 0 ? part : encodeURIComponent(part))).join("/");
}

/** The text that a turn says: without what was thought, called or attached. */
export function textOf(turn: { parts: Part[] }): string {
  return turn.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** The events of an answer after number `after`, each with its own. Throws `connection_lost`
 * when they end before the answer does. */
export async function* runEvents(
  chat: string,
  run: string,
  after: number,
  language: Language,
  signal: AbortSignal,
): AsyncGenerator<[number, RunEvent]> {
  let number = after;
  const path = `${chatPath(chat, "runs", run, "events")}?after=${after}`;
  for await (const item of events(path, language, signal)) {
    if (item.id !== undefined && item.id !== "") number = Number(item.id);
    const event = JSON.parse(item.data) as RunEvent;
    yield [number, event];
    if (event.type === "end") return;
  }
  throw new ApiError("connection_lost", "");
}

/** What changes among one's chats. Throws `connection_lost` when it ends. */
export async function* feedEvents(
  language: Language,
  signal: AbortSignal,
): AsyncGenerator<FeedEvent> {
  for await (const item of events(`${CHATS}/events`, language, signal)) {
    const event: unknown = JSON.parse(item.data);
    if (isRecord(event)) yield event as FeedEvent;
  }
  throw new ApiError("connection_lost", "");
}

async function* events(
  path: string,
  language: Language,
  signal: AbortSignal,
): AsyncGenerator<{ data: string; id?: string }> {
  const response = await request(path, language, {
    signal,
    headers: { Accept: "text/event-stream" },
  });
  if (response.body === null) throw new ApiError("connection_lost", "");
  try {
    for await (const item of readSse(response.body)) {
      if (item.kind === "data") yield item;
    }
  } catch (error) {
    if (error instanceof ApiError || isAbort(error)) throw error;
    throw new ApiError("connection_lost", "");
  }
}
