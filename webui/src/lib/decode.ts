/**
 * From the bytes of a text file to its text, whatever Japanese encoding it was saved in.
 *
 * A mark at the beginning decides; then strict UTF-8, which other encodings pass by chance
 * only where they are plain ASCII; then what reads better of CP932 and EUC-JP. (The browser's
 * "shift_jis" is Microsoft's CP932, with ①, ㈱ and 髙.)
 */

export interface Decoded {
  text: string;
  /** As people know it: "UTF-8", "UTF-16", "Shift_JIS", "EUC-JP", "ISO-2022-JP". */
  encoding: string;
}

const MARKS: [number[], string, string][] = [
  [[0xef, 0xbb, 0xbf], "utf-8", "UTF-8"],
  [[0xff, 0xfe], "utf-16le", "UTF-16"],
  [[0xfe, 0xff], "utf-16be", "UTF-16"],
];
const CANDIDATES: [string, string][] = [
  ["shift_jis", "Shift_JIS"],
  ["euc-jp", "EUC-JP"],
];
/** Beginnings of files that are not text, though parts of them may read as such. */
const NOT_TEXT = ["%PDF-", "PK\u0003\u0004", "\u0089PNG", "\u00ff\u00d8\u00ff", "GIF8", "\u00d0\u00cf\u0011\u00e0"];

/** The text, or null for a file that is not text. */
export function decodeText(bytes: Uint8Array): Decoded | null {
  const head = String.fromCharCode(...bytes.subarray(0, 8));
  if (NOT_TEXT.some((start) => head.startsWith(start))) return null;
  for (const [mark, label, encoding] of MARKS) {
    if (mark.every((byte, index) => bytes[index] === byte)) return strict(bytes, label, encoding);
  }
  const wide = utf16WithoutMark(bytes);
  if (wide !== null) return strict(bytes, wide, "UTF-16");
  if (bytes.includes(0)) return null;
  if (/\x1b\$[@B]/.test(latin(bytes))) {
    const mail = strict(bytes, "iso-2022-jp", "ISO-2022-JP");
    if (mail !== null) return mail;
  }
  return strict(bytes, "utf-8", "UTF-8") ?? mostPlausible(bytes);
}

function mostPlausible(bytes: Uint8Array): Decoded | null {
  const read = CANDIDATES.map(([label, encoding]) => strict(bytes, label, encoding));
  const found = read.filter((each) => each !== null);
  found.sort((one, other) => plausibility(other.text) - plausibility(one.text));
  const best = found[0];
  return best !== undefined && plausibility(best.text) > 0 ? best : null;
}

/** The text where every byte belongs to it and none is a control character of a binary file. */
function strict(bytes: Uint8Array, label: string, encoding: string): Decoded | null {
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(bytes);
    return /[\0-\x06\x0e-\x1a\x7f]/.test(text) ? null : { text, encoding };
  } catch {
    return null;
  }
}

/** How much a text looks like one that somebody wrote in Japanese, from -1 to 1. */
function plausibility(text: string): number {
  let good = 0;
  let bad = 0;
  for (const sign of text) {
    if (/[\u3040-\u30ff\u3001-\u301f]/.test(sign)) good += 2;
    else if (/[\u4e00-\u9fff\uff01-\uff5e\u2460-\u24ff\u3200-\u33ff]/.test(sign)) good += 1;
    else if (/[\uff61-\uff9f]/.test(sign)) bad += 1;
    else if (/[\u0080-\u009f\ue000-\uf8ff]/.test(sign)) bad += 6;
  }
  return good + bad === 0 ? 0 : (good - bad) / (good + bad);
}

function utf16WithoutMark(bytes: Uint8Array): string | null {
  if (bytes.length < 4 || bytes.length % 2 === 1) return null;
  const sample = bytes.subarray(0, 2_000);
  const zeros = [0, 0];
  sample.forEach((byte, index) => (zeros[index % 2]! += byte === 0 ? 1 : 0));
  const some = sample.length / 40;
  if (zeros[1]! > some && zeros[0]! === 0) return "utf-16le";
  if (zeros[0]! > some && zeros[1]! === 0) return "utf-16be";
  return null;
}

function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 8_000));
}
