/** Looking for words among what the page has itself: all of them, in any order, case and width. */

export function wordsOf(wanted: string): string[] {
  return folded(wanted).split(/\s+/).filter(Boolean);
}

/** Whether a text has every word, as `wordsOf` gives them. */
export function hasAll(text: string, words: readonly string[]): boolean {
  const where = folded(text);
  return words.every((word) => where.includes(word));
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
