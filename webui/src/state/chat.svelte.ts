/** One chat: the branch that is shown, what is being written, and the answers that run. */

import { ApiError, isAbort } from "../lib/api";
import {
  CHATS,
  chatPath,
  runEvents,
  textOf,
  type ChatRow,
  type ChatSettings,
  type OpenedChat,
  type Part,
  type RunEvent,
  type Turn,
} from "../lib/chats";
import { loadDraft, saveDraft } from "../lib/storage";
import type { ToldFailure, Wait } from "../lib/types";
import { ask, failureOf } from "./remote.svelte";
import { server } from "./server.svelte";
import { settings } from "./settings.svelte";

/** How many turns are read at first; those above come when they are asked for. */
const TURNS_AT_ONCE = 200;
const RETRY_MS = 1_000;

/** A turn as the page holds it. `key` stays while the server gives it its own id. */
export interface Shown extends Turn {
  key: string;
  wait: Wait | null;
}

/** A turn, and the words in it as they are written there. */
export interface Sought {
  turn: string;
  words: readonly string[];
}

export interface Attached {
  name: string;
  text: string;
}

/** What was asked and not taken by the server yet. */
interface Pending {
  path: string;
  body: object;
}

/** An id that needs no secure origin (crypto.randomUUID does). */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}

export class Chat {
  /** The page's own name for it: the server's id, once it has one from the start. */
  readonly id: string;
  /** What the server says of it; null until the first question. */
  row: ChatRow | null = $state.raw(null);
  messages: Shown[] = $state([]);
  draft = $state("");
  /** There is more above the first message. */
  more = $state(false);
  /** Why it could not be read. */
  failure: ToldFailure | null = $state.raw(null);
  /** What somebody looked for and found here, until they go on. */
  sought: Sought | null = $state.raw(null);
  /** Settings of a chat that is not there yet. */
  wished: Partial<ChatSettings> = {};

  readonly title = $derived(this.row?.title ?? "");
  readonly running: Shown | null = $derived.by(() => {
    const last = this.messages.at(-1);
    return last !== undefined && isRunning(last) ? last : null;
  });
  readonly mine = $derived(this.row?.mine ?? true);

  #following = new Map<string, AbortController>();
  #pending: Pending | null = null;
  #stopEarly = false;
  /** How often something was asked here: what was read before it is of yesterday. */
  #asked = 0;
  /** An answer is about to be gone on with: the server may tell of it as it was before. */
  #goingOn = false;
  /** What is asked next waits until the server has kept what was stopped. */
  #stopping: Promise<void> = Promise.resolve();
  /** Told when the server knows a chat for the first time, or again. */
  onrow: (row: ChatRow) => void = () => undefined;

  constructor(row: ChatRow | null = null) {
    this.id = row?.id ?? newId();
    this.row = row;
    this.draft = loadDraft(row === null ? "" : this.id);
  }

  write(text: string): void {
    this.draft = text;
    saveDraft(this.row?.id ?? "", text);
  }

  /** Read it from the server, and go on with what is being written. */
  async sync(): Promise<void> {
    if (this.row === null || this.#pending !== null || this.#goingOn) return;
    const asked = this.#asked;
    try {
      const limit = Math.max(TURNS_AT_ONCE, this.messages.length);
      const opened = await ask<OpenedChat>("GET", `${chatPath(this.row.id)}?limit=${limit}`);
      if (this.#asked !== asked) return;
      this.#show(opened);
      this.failure = null;
    } catch (error) {
      this.failure = failureOf(error);
    }
  }

  async readAbove(): Promise<void> {
    const first = this.messages[0];
    if (this.row === null || first === undefined) return;
    const path = `${chatPath(this.row.id)}?limit=${TURNS_AT_ONCE}&before=${first.id}`;
    const opened = await ask<OpenedChat>("GET", path);
    this.more = opened.has_more;
    this.messages.unshift(...opened.turns.map((turn) => shown(turn)));
  }

  /** Go to a turn, which may be far above or in another branch. */
  async seek(sought: Sought): Promise<void> {
    this.sought = null;
    const isShown = (): boolean => this.messages.some((message) => message.id === sought.turn);
    try {
      while (!isShown() && this.more) await this.readAbove();
      if (!isShown() && this.mine) await this.walk(sought.turn);
      this.sought = sought;
    } catch (error) {
      this.failure = failureOf(error);
    }
  }

  /** Send what was written; does nothing when it is blank or an answer is running. */
  async send(attachments: Attached[] = []): Promise<void> {
    const text = this.draft.trim();
    if ((text === "" && attachments.length === 0) || this.running !== null) return;
    this.write("");
    await this.#ask(this.messages.at(-1)?.id ?? null, partsOf(text, attachments), this.messages);
  }

  /** Ask a question in other words, beside what was asked before. */
  async edit(question: Shown, text: string): Promise<void> {
    if (this.running !== null || text.trim() === "") return;
    const rest = question.parts.filter((part) => part.type === "attachment");
    const above = this.messages.slice(0, this.messages.indexOf(question));
    await this.#ask(question.parent, [{ type: "text", text: text.trim() }, ...rest], above);
  }

  /** Ask for another answer to the last question, or once more what did not arrive. */
  async again(answer: Shown | null = null): Promise<void> {
    if (this.running !== null || !this.mine) return;
    const last = this.messages.at(-1);
    if (this.#pending !== null && last !== undefined) {
      await this.#post(this.#pending, last);
      return;
    }
    const asked = answer === null ? last : answer;
    if (asked === undefined || this.row === null) return;
    const question = asked.role === "user" ? asked.id : asked.parent;
    const at = this.messages.findIndex((message) => message.id === question);
    if (question === null || at < 0) return;
    const path = chatPath(this.row.id, "turns", question, "answer");
    this.messages = [...this.messages.slice(0, at + 1), waiting(server.model?.id ?? null, question)];
    await this.#post({ path, body: this.#model() }, this.messages.at(-1)!);
  }

  /** Go on with an answer that broke off. */
  async goOn(answer: Shown): Promise<void> {
    if (this.running !== null || this.row === null) return;
    const { status, reason } = answer;
    this.#asked += 1;
    this.#goingOn = true;
    Object.assign(answer, { status: "running", reason: null, error: null, wait: { kind: "sent" } });
    try {
      const path = chatPath(this.row.id, "turns", answer.id, "continue");
      const told = await ask<{ answer: Turn }>("POST", path);
      this.#take(answer, told.answer);
    } catch (error) {
      Object.assign(answer, { status, reason, error: failureOf(error), wait: null });
    } finally {
      this.#goingOn = false;
    }
  }

  /** Show another version of a question or an answer, with what was below it. */
  async walk(turn: string): Promise<void> {
    if (this.row === null || this.running !== null) return;
    this.#show(await ask<OpenedChat>("POST", chatPath(this.row.id), { head: turn }));
  }

  /** End the running answer and keep what came. */
  stop(): void {
    const answer = this.running;
    if (answer === null) return;
    if (answer.run === null || this.row === null) {
      this.#stopEarly = true;
      return;
    }
    // Its end comes with its events; one that is over already is not there to be stopped.
    const path = chatPath(this.row.id, "runs", answer.run.id, "stop");
    this.#stopping = ask("POST", path).then(nothing, nothing);
    Object.assign(answer, { status: "incomplete", reason: "stopped", wait: null });
  }

  /** Stop reading; the answer goes on, and is read on when the chat is shown again. */
  leave(): void {
    for (const abort of this.#following.values()) abort.abort();
    this.#following.clear();
  }

  // --- inside -------------------------------------------------------------------

  async #ask(parent: string | null, parts: Part[], above: readonly Shown[]): Promise<void> {
    const question = shown({ ...EMPTY, id: newId(), parent, role: "user", parts });
    this.messages = [...above, question, waiting(server.model?.id ?? null, question.id)];
    this.sought = null;
    const body = { parent, content: parts, key: newId(), ...this.#model() };
    await this.#post({ path: "ask", body }, this.messages.at(-1)!);
  }

  /** Ask the server; what it did not take can be asked again, and is then asked once. */
  async #post(pending: Pending, answer: Shown): Promise<void> {
    const question = this.messages.at(-2);
    this.#pending = pending;
    this.#asked += 1;
    Object.assign(answer, { status: "running", error: null, wait: { kind: "sent" } });
    server.cameBack = false;
    try {
      await this.#stopping;
      const row = this.row ?? (await this.#create());
      const path = pending.path === "ask" ? chatPath(row.id, "ask") : pending.path;
      const told = await ask<{ question?: Turn; answer: Turn }>("POST", path, pending.body);
      this.#pending = null;
      if (told.question !== undefined && question !== undefined) this.#take(question, told.question);
      this.#take(answer, told.answer);
      this.onrow(row);
    } catch (error) {
      answer.status = "failed";
      answer.error = failureOf(error);
      answer.wait = null;
      if (error instanceof ApiError && error.unreachable) void server.lost();
    }
    if (this.#stopEarly) {
      this.#stopEarly = false;
      this.stop();
    }
  }

  async #create(): Promise<ChatRow> {
    const body = Object.keys(this.wished).length > 0 ? { settings: this.wished } : {};
    this.row = await ask<ChatRow>("POST", CHATS, body);
    saveDraft("", "");
    if (this.draft !== "") this.write(this.draft);
    return this.row;
  }

  #model(): { model?: string } {
    return server.model === null ? {} : { model: server.model.id };
  }

  #show(opened: OpenedChat): void {
    this.row = opened.chat;
    this.more = opened.has_more;
    const known = new Map(this.messages.map((message) => [message.id, message]));
    this.messages = opened.turns.map((turn) => {
      const held = known.get(turn.id);
      // What is being read here is further than what was told, until it was told whole.
      if (held !== undefined && this.#following.has(turn.id) && isRunning(turn)) {
        held.siblings = turn.siblings;
        return held;
      }
      return shown(turn, held?.key);
    });
    for (const message of this.messages) this.#follow(message);
  }

  #take(message: Shown, turn: Turn): void {
    Object.assign(message, turn);
    this.#follow(message);
  }

  #follow(message: Shown): void {
    if (message.run === null || message.status !== "running" || this.row === null) return;
    if (this.#following.has(message.id)) return;
    const abort = new AbortController();
    this.#following.set(message.id, abort);
    void this.#read(this.row.id, message, abort.signal).finally(() => {
      if (this.#following.get(message.id) === abort) this.#following.delete(message.id);
    });
  }

  async #read(chat: string, message: Shown, signal: AbortSignal): Promise<void> {
    const run = message.run!;
    let after = run.after;
    for (;;) {
      try {
        const events = runEvents(chat, run.id, after, settings.language, signal);
        for await (const [number, event] of events) {
          after = number;
          take(message, event);
        }
        if (message.status === "failed") void server.refresh();
        return;
      } catch (error) {
        if (isAbort(error)) return;
        if (!(error instanceof ApiError && error.unreachable)) {
          // Its events are not kept any more: how it ended is in the chat.
          this.#following.delete(message.id);
          await this.sync();
          return;
        }
        void server.lost();
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        if (signal.aborted) return;
      }
    }
  }
}

function nothing(): void {}

const EMPTY: Turn = {
  id: "",
  parent: null,
  role: "assistant",
  created_at: 0,
  parts: [],
  model: null,
  status: "completed",
  reason: null,
  error: null,
  usage: null,
  timings: null,
  run: null,
  siblings: [],
};

function shown(turn: Turn, key = turn.id): Shown {
  return { ...turn, key, wait: null };
}

function waiting(model: string | null, parent: string): Shown {
  const turn: Turn = { ...EMPTY, id: newId(), parent, model, status: "running" };
  return { ...shown(turn), wait: { kind: "sent" } };
}

function partsOf(text: string, attachments: Attached[]): Part[] {
  const files = attachments.map(({ name, text }): Part => ({ type: "attachment", name, text }));
  return text === "" ? files : [{ type: "text", text }, ...files];
}

function take(message: Shown, event: RunEvent): void {
  switch (event.type) {
    case "wait":
      if (event.wait.kind === "loading" && message.wait?.kind !== "loading") void server.refresh();
      message.wait = event.wait;
      break;
    case "part":
      message.wait = null;
      message.parts[event.index] = event.part;
      break;
    case "delta": {
      const part = message.parts[event.index];
      message.wait = null;
      if (part?.type === "call") part.arguments += event.text;
      else if (part !== undefined) part.text += event.text;
      break;
    }
    case "end": {
      const { siblings } = message;
      Object.assign(message, event.turn, { wait: null, siblings });
    }
  }
}

export function isRunning(message: { status: string }): boolean {
  return message.status === "running";
}

/** A cut answer that has some text can be gone on with. */
export function canGoOn(message: Shown): boolean {
  return message.status === "incomplete" && message.parts.at(-1)?.type === "text" && textOf(message) !== "";
}
