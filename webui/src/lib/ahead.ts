/**
 * Lays out what is far from what is read, while nobody waits for anything.
 *
 * A block with `content-visibility: auto` is laid out when it comes near, in the middle of
 * somebody's scrolling, and until then has a height that is guessed. Asking where its content
 * ends lays it out now: what is seen later needs only to be painted, and the guess is right.
 */

/** Of an idle moment, what is left for whatever comes next. */
const LEFT_MS = 4;

/** Begin; returns how to stop. Where a browser tells of no idle moments, blocks wait as before. */
export function layOutAhead(blocks: Iterable<HTMLElement>): () => void {
  if (!("requestIdleCallback" in window)) return () => undefined;
  const waiting = [...blocks];
  let asked = requestIdleCallback(work);

  function work(idle: IdleDeadline): void {
    const found: [HTMLElement, number][] = [];
    // All are read before any is written, or each would lay out the whole list again.
    do {
      const block = waiting.shift();
      if (block !== undefined) found.push([block, heightOf(block)]);
    } while (waiting.length > 0 && idle.timeRemaining() > LEFT_MS);
    for (const [block, height] of found) {
      block.style.setProperty("contain-intrinsic-block-size", `auto ${height}px`);
    }
    if (waiting.length > 0) asked = requestIdleCallback(work);
  }

  return () => cancelIdleCallback(asked);
}

/** Pixels from the top of a block to where its content ends, its last margin included. */
function heightOf(block: HTMLElement): number {
  const last = block.lastElementChild;
  if (last === null) return 0;
  const margin = parseFloat(getComputedStyle(last).marginBottom) || 0;
  return last.getBoundingClientRect().bottom - block.getBoundingClientRect().top + margin;
}
