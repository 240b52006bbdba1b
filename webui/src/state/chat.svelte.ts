/** One chat: its messages, what is being written, and the answer that is running. */

import { ApiError, isAbort } from "../lib/api";
import { complete, type CompletionEvent, type CompletionRequest } from "../lib/completions";
import { forgetChat, saveChat, saveDraft } from "../lib/storage";
import type { Answer, ChatRecord, Message } from "../lib/types";
import { server } from "./server.svelte";
import { settings } from "./settings.svelte";

const TITLE_LENGTH = 28;
/** While an answer comes it is kept at least this often. */
const KEEP_EVERY_MS = 1_000;

/** An id that needs no secure origin (crypto.randomUUID does). */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}

export class Chat {
  readonly id: string;
  readonly created: number;
  messages: Message[] = $state([]);
  draft = $state("");
  /** Whether the browser's storage took the last change. */
  kept = $state(true);

  readonly title = $derived(titleOf(this.messages));
  readonly running: Answer | null = $derived.by(() => {
    const last = this.messages.at(-1);
    return last?.role === "assistant" && isRunning(last) ? last : null;
  });

  #abort: AbortController | null = null;
  #keptAt = 0;
  #forgotten = false;

  constructor(record: ChatRecord, draft = "") {
    this.id = record.id;
    this.created = record.created;
    this.messages = record.messages.map(afterReload);
    this.draft = draft;
  }

  static empty(): Chat {
    return new Chat({ id: newId(), created: Date.now(), messages: [] });
  }

  write(text: string): void {
    this.draft = text;
    this.kept = saveDraft(this.id, text);
  }

  /** Send what was written; does nothing when it is blank or an answer is running. */
  async send(): Promise<void> {
    const text = this.draft.trim();
    if (text === "" || this.running !== null) return;
    this.messages.push({ id: newId(), role: "user", text });
    this.write("");
    await this.#answer();
  }

  /** Ask for the last answer once more; the old one gives way. */
  async again(): Promise<void> {
    if (this.running !== null) return;
    if (this.messages.at(-1)?.role === "assistant") this.messages.pop();
    if (this.messages.at(-1)?.role === "user") await this.#answer();
  }

  /** End the running answer and keep what came. */
  stop(): void {
    this.#abort?.abort();
  }

  /** Stop, and leave nothing in the browser's storage. */
  forget(): void {
    this.#forgotten = true;
    this.stop();
    forgetChat(this.id);
  }

  keep(): void {
    if (this.#forgotten) return;
    this.#keptAt = Date.now();
    const { id, created } = this;
    this.kept = saveChat({ id, created, messages: $state.snapshot(this.messages) });
  }

  async #answer(): Promise<void> {
    const model = server.model?.id ?? settings.model;
    const ask = { model, messages: conversation(this.messages) };
    this.messages.push(newAnswer(model ?? ""));
    // Read it back: only the state's own proxy is watched.
    const answer = this.messages.at(-1) as Answer;
    server.cameBack = false;
    this.keep();
    const abort = new AbortController();
    this.#abort = abort;
    const clock = { first: 0 };
    try {
      for await (const event of complete(ask, settings.language, abort.signal)) {
        take(answer, event, clock);
        if (Date.now() - this.#keptAt > KEEP_EVERY_MS) this.keep();
      }
      answer.state = "done";
    } catch (error) {
      if (isAbort(error)) {
        answer.state = "stopped";
      } else {
        answer.state = "failed";
        const failure = error instanceof ApiError ? error : new ApiError("unknown", String(error));
        answer.failure = failure.toFailure();
        if (failure.unreachable) void server.lost();
      }
    } finally {
      answer.wait = null;
      this.#abort = null;
      this.keep();
      if (answer.state !== "failed") void server.refresh();
    }
  }
}

/**
 * What a model is sent: questions and answers in turn, as many templates demand.
 * A question that was left without an answer joins the next one.
 */
function conversation(messages: Message[]): CompletionRequest["messages"] {
  const turns: CompletionRequest["messages"] = [];
  for (const { role, text } of messages) {
    if (text === "") continue;
    const last = turns.at(-1);
    if (last?.role === role) last.content += `\n\n${text}`;
    else turns.push({ role, content: text });
  }
  return turns;
}

function newAnswer(model: string): Answer {
  return {
    id: newId(),
    role: "assistant",
    text: "",
    state: "waiting",
    model,
    wait: { kind: "sent" },
    finish: null,
    failure: null,
    usage: null,
    seconds: null,
  };
}

function take(answer: Answer, event: CompletionEvent, clock: { first: number }): void {
  switch (event.kind) {
    case "wait":
      if (event.wait.kind === "loading" && answer.wait?.kind !== "loading") void server.refresh();
      answer.wait = event.wait;
      break;
    case "text":
      if (answer.state === "waiting") {
        answer.state = "streaming";
        answer.wait = null;
        clock.first = performance.now();
      }
      answer.text += event.text;
      break;
    case "finish":
      answer.finish = event.reason;
      if (clock.first > 0) answer.seconds = (performance.now() - clock.first) / 1_000;
      break;
    case "usage":
      answer.usage = event.usage;
  }
}

export function isRunning(answer: Answer): boolean {
  return answer.state === "waiting" || answer.state === "streaming";
}

/**
 * An answer that was running when the page went away has been cut; its browser
 * may have told it of a lost connection on the way out.
 */
function afterReload(message: Message): Message {
  if (message.role !== "assistant") return message;
  const lost = message.failure?.code === "connection_lost";
  if (!isRunning(message) && !lost) return message;
  return { ...message, state: "cut", wait: null, failure: null };
}

function titleOf(messages: Message[]): string {
  const first = messages.find((message) => message.role === "user");
  const line = first?.text.split("\n", 1)[0]?.trim() ?? "";
  const signs = Array.from(line);
  return signs.length > TITLE_LENGTH ? `${signs.slice(0, TITLE_LENGTH).join("")}…` : line;
}
