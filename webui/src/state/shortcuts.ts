/** Who acts on a shortcut at this moment: the newest part of the page that asked for it. */

import { shortcutOf, type ShortcutId } from "../lib/shortcuts";

const acting = new Map<ShortcutId, (() => void)[]>();

/** Act on a shortcut until the returned function is called, as an `$effect` does. */
export function onShortcut(id: ShortcutId, act: () => void): () => void {
  acting.set(id, [...(acting.get(id) ?? []), act]);
  return () => acting.set(id, (acting.get(id) ?? []).filter((each) => each !== act));
}

/** Tells whether anybody acted. */
export function runShortcut(id: ShortcutId): boolean {
  const act = acting.get(id)?.at(-1);
  act?.();
  return act !== undefined;
}

export function handleShortcut(event: KeyboardEvent): void {
  const id = shortcutOf(event);
  if (id !== null && runShortcut(id)) event.preventDefault();
}
