/** Which entries of a long list have to be there, when each has a height that is known. */

export interface Shown {
  first: number;
  /** The first one below that is not there. */
  end: number;
  /** Pixels that stand for the entries that are not there. */
  above: number;
  below: number;
}

/** Entries this many pixels outside of what is seen are there, too. */
const MARGIN = 600;

/** `offsets[i]` is where entry i begins; the last of them is where the list ends. */
export function shownOf(offsets: readonly number[], top: number, height: number): Shown {
  const count = offsets.length - 1;
  const end = offsets[count] ?? 0;
  const first = Math.max(0, before(offsets, top - MARGIN));
  const last = Math.min(count, before(offsets, top + height + MARGIN) + 1);
  return { first, end: last, above: offsets[first] ?? 0, below: end - (offsets[last] ?? end) };
}

/** The last entry that begins at or above a place. */
function before(offsets: readonly number[], place: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (offsets[middle]! <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}
