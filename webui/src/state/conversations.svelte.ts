/** The chats of the reader: the list, the folders, the one that is open, and what changes. */

import { isAbort } from "../lib/api";
import {
  CHATS,
  chatPath,
  feedEvents,
  FOLDERS,
  type ChatRow,
  type FeedEvent,
  type Folder,
  type OpenedChat,
  type Page,
} from "../lib/chats";
import { forgetChat, loadCurrent, saveCurrent } from "../lib/storage";
import type { ToldFailure } from "../lib/types";
import { CHAT_TEXTS } from "../texts/chats";
import { told } from "./asking.svelte";
import { drafts } from "./attachments.svelte";
import { Chat, type Sought } from "./chat.svelte";
import { ask, failureOf } from "./remote.svelte";
import { settings } from "./settings.svelte";

const AT_ONCE = 200;
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];

export interface ChatChange {
  title?: string;
  pinned?: boolean;
  folder?: string | null;
}

export class Conversations {
  /** Newest change first. */
  list: ChatRow[] = $state.raw([]);
  folders: Folder[] = $state.raw([]);
  current: Chat = $state.raw(new Chat());
  loaded = $state(false);
  more = $state(false);
  failure: ToldFailure | null = $state.raw(null);

  #open = new Map<string, Chat>();
  #loading = false;
  #begun = false;
  #stop: AbortController | null = null;

  constructor() {
    this.#hold(this.current);
  }

  /** Read the list, and hear of changes while the page is seen, until `stop`. */
  start(): () => void {
    const seen = (): void => {
      if (document.visibilityState === "visible") this.#listen();
      else this.#deaf();
    };
    document.addEventListener("visibilitychange", seen);
    void this.#begin();
    seen();
    return () => {
      document.removeEventListener("visibilitychange", seen);
      this.#deaf();
    };
  }

  /** Begin a new chat, or go to the empty one that is there. */
  create(): void {
    if (this.current.row === null && this.current.messages.length === 0) return;
    const chat = new Chat();
    this.#hold(chat);
    this.#turnTo(chat);
  }

  /** Show a chat, and what was found in it. */
  open(row: ChatRow, sought: Sought | null = null): void {
    let chat = this.#open.get(row.id);
    if (chat === undefined) {
      chat = new Chat(row);
      this.#hold(chat);
    }
    this.#turnTo(chat);
    chat.sought = null;
    const read = chat.sync();
    if (sought !== null) void read.then(() => chat.seek(sought));
  }

  async change(row: ChatRow, change: ChatChange): Promise<void> {
    const opened = await ask<OpenedChat>("POST", `${chatPath(row.id)}`, change);
    this.#put(opened.chat);
  }

  /** Into the trash. */
  async remove(row: ChatRow): Promise<void> {
    await ask("DELETE", chatPath(row.id));
    this.#drop(row.id);
  }

  async restore(row: ChatRow): Promise<void> {
    this.#put(await ask<ChatRow>("POST", chatPath(row.id, "restore")));
  }

  async addFolder(name: string, parent: string | null = null): Promise<Folder> {
    const folder = await ask<Folder>("POST", FOLDERS, { name, parent });
    await this.readFolders();
    return folder;
  }

  async changeFolder(folder: Folder, change: { name?: string; parent?: string | null }): Promise<void> {
    await ask("POST", `${FOLDERS}/${folder.id}`, change);
    await this.readFolders();
  }

  async removeFolder(folder: Folder): Promise<void> {
    await ask("DELETE", `${FOLDERS}/${folder.id}`);
    await Promise.all([this.readFolders(), this.refresh()]);
  }

  async readFolders(): Promise<void> {
    this.folders = (await ask<Page<Folder>>("GET", FOLDERS)).data;
  }

  /** Read the first page again, and keep what is below it. */
  async refresh(): Promise<void> {
    try {
      const page = await ask<Page<ChatRow>>("GET", `${CHATS}?limit=${AT_ONCE}`);
      const last = page.data.at(-1);
      const fresh = new Set(page.data.map((row) => row.id));
      const rest = last === undefined || !page.has_more ? [] : this.list.filter(
        (row) => !fresh.has(row.id) && comesAfter(row, last),
      );
      if (rest.length === 0) this.more = page.has_more;
      this.list = [...page.data, ...rest];
      this.loaded = true;
      this.failure = null;
    } catch (error) {
      this.failure = failureOf(error);
    }
  }

  async loadMore(): Promise<void> {
    const last = this.list.at(-1);
    if (!this.more || this.#loading || last === undefined) return;
    this.#loading = true;
    try {
      const path = `${CHATS}?limit=${AT_ONCE}&after=${last.id}`;
      const page = await ask<Page<ChatRow>>("GET", path);
      const known = new Set(this.list.map((row) => row.id));
      this.list = [...this.list, ...page.data.filter((row) => !known.has(row.id))];
      this.more = page.has_more;
    } catch (error) {
      this.failure = failureOf(error);
      this.more = false;
    }
    this.#loading = false;
  }

  // --- inside -------------------------------------------------------------------

  /** Once: what was open before a reload, unless something else was opened meanwhile. */
  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    const [id, shown] = [loadCurrent(), this.current];
    if (id !== null) {
      try {
        const opened = await ask<OpenedChat>("GET", `${chatPath(id)}?limit=1`);
        if (this.current === shown && shown.messages.length === 0) this.open(opened.chat);
      } catch {
        saveCurrent(null);
      }
    }
  }

  #hold(chat: Chat): void {
    if (chat.row !== null) this.#open.set(chat.row.id, chat);
    chat.onrow = (row) => {
      this.#open.set(row.id, chat);
      if (chat === this.current) saveCurrent(row.id);
      void this.#read(row.id);
    };
  }

  #turnTo(chat: Chat): void {
    if (chat === this.current) return;
    const left = this.current;
    this.current = chat;
    saveCurrent(chat.row?.id ?? null);
    // An answer that is being written is read on, or the server would take it for unread.
    if (left.running === null) {
      left.leave();
      if (left.row !== null) this.#open.delete(left.row.id);
    }
  }

  #listen(): void {
    if (this.#stop !== null) return;
    const stop = (this.#stop = new AbortController());
    void this.#hear(stop.signal);
  }

  #deaf(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  async #hear(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        for await (const event of feedEvents(settings.language, signal)) {
          tries = 0;
          await this.#heard(event);
        }
      } catch (error) {
        if (isAbort(error) || signal.aborted) return;
        await new Promise((resolve) =>
          setTimeout(resolve, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]),
        );
      }
    }
  }

  async #heard(event: FeedEvent): Promise<void> {
    switch (event.type) {
      case "hello":
        await Promise.all([this.refresh(), this.readFolders().catch(() => null)]);
        await this.current.sync();
        break;
      case "chat":
        await this.#read(event.id);
        break;
      case "gone":
        this.#lose(event.id);
        break;
      case "folders":
        await this.readFolders().catch(() => null);
    }
  }

  async #read(id: string): Promise<void> {
    try {
      const opened = await ask<OpenedChat>("GET", `${chatPath(id)}?limit=1`);
      if (opened.chat.deleted_at === null) this.#put(opened.chat);
      else this.#lose(id);
      const chat = this.#open.get(id);
      const last = opened.turns.at(-1);
      if (chat === undefined) return;
      chat.row = opened.chat;
      // Another page asked, walked, or heard the end before this one.
      const held = chat.messages.at(-1);
      if (last?.id !== held?.id || last?.status !== held?.status) await chat.sync();
    } catch {
      // The next change tells of it again.
    }
  }

  #put(row: ChatRow): void {
    const rest = this.list.filter((each) => each.id !== row.id);
    const at = rest.findIndex((each) => comesAfter(each, row));
    if (at < 0 && this.more) return;
    this.list = at < 0 ? [...rest, row] : [...rest.slice(0, at), row, ...rest.slice(at)];
    const chat = this.#open.get(row.id);
    if (chat !== undefined) chat.row = row;
  }

  /** It was taken away elsewhere: what was being written in it is kept for another. */
  #lose(id: string): void {
    const lost = this.current;
    const { draft, title } = lost;
    this.#drop(id);
    if (this.current === lost) return;
    if (draft !== "") this.current.write(draft);
    drafts.move(lost.id, this.current.id);
    told.say(CHAT_TEXTS[settings.language].lost(title || settings.texts.sidebar.untitled));
  }

  #drop(id: string): void {
    this.list = this.list.filter((row) => row.id !== id);
    const chat = this.#open.get(id);
    this.#open.delete(id);
    forgetChat(id);
    if (chat === undefined || chat !== this.current) return;
    chat.leave();
    this.current = new Chat();
    this.#hold(this.current);
    saveCurrent(null);
  }
}

function comesAfter(row: ChatRow, other: ChatRow): boolean {
  return row.updated_at < other.updated_at || (row.updated_at === other.updated_at && row.id < other.id);
}

export const conversations = new Conversations();
