/**
 * The language that a text is marked with, or undefined where the page's own will do.
 *
 * Without a mark, Han characters on an English page may take Chinese shapes, and a
 * screen reader reads Japanese with an English voice.
 */
export function languageOf(text: string): "ja" | undefined {
  return /[\u3040-\u30ff]/.test(text) ? "ja" : undefined;
}
