/**
 * Keys in text fields where people convert kana to kanji.
 *
 * The Enter that ends a conversion must never act. Chrome and Firefox send its
 * keydown before `compositionend`, with `isComposing` set. Safari sends
 * `compositionend` first and then a keydown with `isComposing` false, told apart
 * only by the old `keyCode` 229 ("handled by the input method").
 */

import type { SendKey } from "./types";

const HANDLED_BY_INPUT_METHOD = 229;

/** Whether this key belongs to the input method and not to the page. */
export function isConversion(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === HANDLED_BY_INPUT_METHOD;
}

/**
 * Whether this key sends what was written. With "enter" it is Enter alone (and
 * Ctrl or Command with Enter); with "ctrl-enter" only Ctrl or Command with Enter.
 */
export function sends(event: KeyboardEvent, sendKey: SendKey): boolean {
  if (event.key !== "Enter" || isConversion(event)) return false;
  if (event.shiftKey || event.altKey) return false;
  return event.ctrlKey || event.metaKey || sendKey === "enter";
}
