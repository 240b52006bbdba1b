/** The chats of this tab, newest first, and the one that is open. */

import { loadChat, loadDraft, loadIndex, saveIndex } from "../lib/storage";
import { Chat } from "./chat.svelte";

export class Conversations {
  list: Chat[] = $state.raw([]);
  current: Chat = $state.raw(Chat.empty());

  constructor() {
    const index = loadIndex();
    const chats = (index?.ids ?? [])
      .map((id) => loadChat(id))
      .filter((record) => record !== null)
      .map((record) => new Chat(record, loadDraft(record.id)));
    if (chats[0] !== undefined) {
      this.list = chats;
      this.current = chats.find((chat) => chat.id === index?.current) ?? chats[0];
    } else {
      this.list = [this.current];
      this.#keepIndex();
    }
    this.current.keep();
    // A page that is put away may never come back: keep what is running.
    addEventListener("pagehide", () => this.list.forEach((chat) => chat.keep()));
  }

  /** Open an empty chat; one that is there already is used again. */
  create(): void {
    const blank = this.list.find((chat) => chat.messages.length === 0);
    if (blank === undefined) {
      const chat = Chat.empty();
      this.list = [chat, ...this.list];
      chat.keep();
      this.open(chat);
    } else {
      this.open(blank);
    }
  }

  open(chat: Chat): void {
    this.current = chat;
    this.#keepIndex();
  }

  remove(chat: Chat): void {
    chat.forget();
    this.list = this.list.filter((each) => each !== chat);
    const next = this.list[0];
    if (this.current !== chat) this.#keepIndex();
    else if (next !== undefined) this.open(next);
    else this.create();
  }

  #keepIndex(): void {
    saveIndex({ ids: this.list.map((chat) => chat.id), current: this.current.id });
  }
}

export const conversations = new Conversations();
