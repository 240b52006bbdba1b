/**
 * The languages that texts are marked with, or undefined where the page's own will do.
 *
 * Without a mark, Han characters on an English page may take Chinese shapes, and a
 * screen reader reads Japanese with an English voice.
 */

const KANA = /[\u3040-\u30ff]/;
const HAN = /[\u3005\u3007\u3400-\u9fff\uf900-\ufaff]/;
const HANGUL = /[\uac00-\ud7a3]/;
const EAST_ASIAN = /[\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff]/g;
/** Small words that English cannot do without. */
const ENGLISH = /\b(?:the|and|of|to|is|are|with|this|that|for|you)\b/gi;
const CODE = /^(```|~~~)[^]*?(?:^\1|$(?![^]))/gm;

/** What is looked at of a long text, in characters. */
const ENOUGH = 2_000;
/** English may quote a word of Japanese; a letter stands for less than a kana. */
const LETTERS_FOR_ONE = 5;

/** Of what was written at length. Han alone may be Chinese, so it takes kana to be Japanese. */
export function languageOf(text: string): "ja" | "ko" | "en" | undefined {
  const some = text.slice(0, ENOUGH).replace(CODE, "");
  const letters = count(some, /[A-Za-z]/g);
  const english = count(some, ENGLISH) >= 2 && letters > LETTERS_FOR_ONE * count(some, EAST_ASIAN);
  if (english) return "en";
  if (KANA.test(text)) return "ja";
  return HANGUL.test(some) ? "ko" : undefined;
}

/** Of a name or a title: where this page is used, one in Han characters is Japanese. */
export function nameLanguage(text: string): "ja" | undefined {
  return KANA.test(text) || HAN.test(text) ? "ja" : undefined;
}

function count(text: string, sign: RegExp): number {
  return text.match(sign)?.length ?? 0;
}
