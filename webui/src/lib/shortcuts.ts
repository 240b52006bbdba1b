/** The keys that do something anywhere in the page. */

import { isConversion } from "./ime";

export type ShortcutId = "help" | "new" | "search" | "composer" | "sidebar" | "settings";

interface Keys {
  id: ShortcutId;
  /** As `KeyboardEvent.key` in lower case. */
  key: string;
  ctrl: boolean;
  shift: boolean;
}

// None takes a letter alone: people who speak to their computer would set it off.
export const SHORTCUTS: readonly Keys[] = [
  { id: "new", key: "o", ctrl: true, shift: true },
  { id: "search", key: "k", ctrl: true, shift: false },
  { id: "composer", key: "m", ctrl: true, shift: true },
  { id: "sidebar", key: "s", ctrl: true, shift: true },
  { id: "settings", key: ",", ctrl: true, shift: false },
  { id: "help", key: "/", ctrl: true, shift: false },
];

function isText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** What a key asks for, or null. `?` counts only outside of text fields. */
export function shortcutOf(event: KeyboardEvent): ShortcutId | null {
  if (isConversion(event) || event.altKey || event.repeat) return null;
  const key = event.key.toLowerCase();
  const ctrl = event.ctrlKey || event.metaKey;
  if (key === "?" && !ctrl && !isText(event.target)) return "help";
  const found = SHORTCUTS.find(
    (each) => each.key === key && each.ctrl === ctrl && each.shift === event.shiftKey,
  );
  return found?.id ?? null;
}

export function isMac(): boolean {
  return /Mac|iP/.test(navigator.platform);
}

/** The keys of a shortcut as they stand on the keyboard. */
export function keysOf(id: ShortcutId, mac: boolean): string[] {
  const keys = SHORTCUTS.find((each) => each.id === id)!;
  const control = mac ? "⌘" : "Ctrl";
  return [
    ...(keys.ctrl ? [control] : []),
    ...(keys.shift ? ["Shift"] : []),
    keys.key.toUpperCase(),
  ];
}
