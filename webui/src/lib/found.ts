/**
 * Shows what was looked for in the text of a page, without touching the text.
 *
 * The browser paints the ranges itself (`::highlight(found)`), so what was rendered stays as it
 * is. One that cannot paint them still goes to the place.
 */

const NAME = "found";
/** A text is rendered a moment after it came; one that has none of the words is left alone then. */
const PATIENCE_MS = 3_000;

/** Every place of the words in an element, over the borders of what is bold or a link. */
export function rangesOf(element: Element, words: readonly string[]): Range[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes: { node: Text; start: number }[] = [];
  let text = "";
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    nodes.push({ node, start: text.length });
    text += node.data;
  }
  const wanted = [...new Set(words)].filter((word) => word !== "").map(escaped);
  if (wanted.length === 0) return [];
  const places = text.matchAll(new RegExp(wanted.join("|"), "gi"));
  return Array.from(places, (place) => {
    const range = document.createRange();
    const [first, last] = [place.index, place.index + place[0].length];
    const begin = nodes.findLast(({ start }) => start <= first)!;
    const end = nodes.findLast(({ start }) => start < last)!;
    range.setStart(begin.node, first - begin.start);
    range.setEnd(end.node, last - end.start);
    return range;
  });
}

/** Go to an element and mark the words in it; returns how to take the marks away. */
export function reveal(element: HTMLElement, words: readonly string[]): () => void {
  const observer = new MutationObserver(show);
  const timer = setTimeout(() => observer.disconnect(), PATIENCE_MS);
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "start" });
  observer.observe(element, { childList: true, subtree: true, characterData: true });
  show();

  function show(): void {
    const ranges = rangesOf(element, words);
    if (ranges.length === 0) return;
    if ("highlights" in CSS) CSS.highlights.set(NAME, new Highlight(...ranges));
    ranges[0]!.startContainer.parentElement?.scrollIntoView({ block: "center" });
  }

  return () => {
    clearTimeout(timer);
    observer.disconnect();
    if ("highlights" in CSS) CSS.highlights.delete(NAME);
  };
}

function escaped(word: string): string {
  return word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
