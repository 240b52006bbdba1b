/** The shapes that the page speaks of. Times are milliseconds since 1970 unless named otherwise. */

export type Language = "ja" | "en";
export type SendKey = "enter" | "ctrl-enter";
export type Theme = "auto" | "light" | "dark";
export type Contrast = "auto" | "more";
export type TextSize = "small" | "normal" | "large" | "larger";

/** What a request waits for before its first word. Seconds are estimates. */
export type Wait =
  | { kind: "sent" }
  | { kind: "queued"; position: number; seconds: number | null }
  | { kind: "prefill"; done: number; total: number }
  | { kind: "loading" };

export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

/** A failure as the page tells it. `message` is the server's own sentence, if it sent one. */
export interface Failure {
  code: string;
  message: string | null;
}

/** One with a sentence, whoever says it. */
export interface ToldFailure extends Failure {
  message: string;
}

export type ModelState = "available" | "loading" | "ready" | "restarting" | "failed" | "closed";

export interface Model {
  id: string;
  name: string;
  state: ModelState;
  default: boolean;
  /** Most tokens of one request; null until the model was loaded once. */
  context: number | null;
  /** Seconds; null when it is not loading. */
  load: { elapsed: number; expected: number | null } | null;
  description: Partial<Record<Language, string>> | null;
}

export interface Status {
  version: string;
  mode: string;
  models: Model[];
  queue: { running: number; waiting: number };
}
