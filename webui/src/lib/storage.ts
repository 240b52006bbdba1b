/**
 * What the page keeps in the browser. Chats live in the tab's own storage: they
 * survive a reload and end with the tab. Choices live as long as the browser.
 */

import type { ChatRecord } from "./types";

const OURS = "jimae.";
const CHATS = "jimae.chats";
const CHAT = "jimae.chat.";
const DRAFT = "jimae.draft.";
const CHOICES = "jimae.choices";

/** Tells whether it was kept; a full or forbidden storage is not an error of the page. */
function put(area: () => Storage, key: string, value: string): boolean {
  try {
    area().setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

function take(area: () => Storage, key: string): unknown {
  try {
    const value = area().getItem(key);
    return value === null ? null : (JSON.parse(value) as unknown);
  } catch {
    return null;
  }
}

const tab = (): Storage => sessionStorage;
const browser = (): Storage => localStorage;

export interface ChatIndex {
  ids: string[];
  current: string;
}

export function loadIndex(): ChatIndex | null {
  return take(tab, CHATS) as ChatIndex | null;
}

export function saveIndex(index: ChatIndex): boolean {
  return put(tab, CHATS, JSON.stringify(index));
}

export function loadChat(id: string): ChatRecord | null {
  return take(tab, CHAT + id) as ChatRecord | null;
}

export function saveChat(record: ChatRecord): boolean {
  return put(tab, CHAT + record.id, JSON.stringify(record));
}

export function loadDraft(id: string): string {
  const draft = take(tab, DRAFT + id);
  return typeof draft === "string" ? draft : "";
}

export function saveDraft(id: string, text: string): boolean {
  return put(tab, DRAFT + id, JSON.stringify(text));
}

export function forgetChat(id: string): void {
  try {
    sessionStorage.removeItem(CHAT + id);
    sessionStorage.removeItem(DRAFT + id);
  } catch {
    // Storage is forbidden: then nothing was kept either.
  }
}

/** Forget all that somebody wrote here; what they chose for this browser stays. */
export function forgetTab(): void {
  for (const area of [tab, browser]) {
    try {
      const keys = Object.keys(area()).filter((key) => key.startsWith(OURS) && key !== CHOICES);
      for (const key of keys) area().removeItem(key);
    } catch {
      // Storage is forbidden: then nothing was kept either.
    }
  }
}

export function loadChoices(): Record<string, unknown> {
  const value = take(browser, CHOICES);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

export function saveChoices(choices: object): boolean {
  return put(browser, CHOICES, JSON.stringify(choices));
}
