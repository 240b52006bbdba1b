/**
 * Events that a browser tells of in a later task or frame: that a dialog closed, that a menu was
 * shown. The page may have gone elsewhere meanwhile, and what Svelte listens with stays on an
 * element that was taken away. What is attached here hears as long as its element is there.
 */

import type { Attachment } from "svelte/attachments";
import { on } from "svelte/events";

type Heard = HTMLElementEventMap;

export function whileThere<Type extends keyof Heard>(
  type: Type,
  act: (event: Heard[Type]) => void,
): Attachment<HTMLElement> {
  return (element) => on(element, type, act as (event: Event) => void);
}

/** Shows a dialog over the page. What calls `close` gets the focus back before `closed` is told. */
export function modal(closed: () => void): Attachment<HTMLDialogElement> {
  return (dialog) => {
    dialog.showModal();
    return on(dialog, "close", closed);
  };
}
