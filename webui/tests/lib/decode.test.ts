import { describe, expect, test } from "vitest";
import { decodeText } from "../../src/lib/decode";
import { random } from "../streams";

/** What writes an encoding: every pair of bytes is asked what it is read as. */
function encoder(label: string): (text: string) => Uint8Array {
  const decoder = new TextDecoder(label, { fatal: true });
  const bytes = new Map<string, number[]>();
  const learn = (sequence: number[]): void => {
    try {
      const sign = decoder.decode(new Uint8Array(sequence));
      if ([...sign].length === 1 && !bytes.has(sign)) bytes.set(sign, sequence);
    } catch {
      // Not a character of this encoding.
    }
  };
  for (let one = 0; one < 256; one += 1) learn([one]);
  for (let lead = 0x81; lead < 256; lead += 1) {
    for (let trail = 0x40; trail < 256; trail += 1) learn([lead, trail]);
  }
  return (text) =>
    new Uint8Array(
      [...text].flatMap((sign) => bytes.get(sign) ?? [...`?`].map((each) => each.charCodeAt(0))),
    );
}

const cp932 = encoder("shift_jis");
const eucJp = encoder("euc-jp");
const SENTENCES = [
  "髙橋商店㈱の請求書（№①）を、十一月二十三日までに送ってください。",
  "氏名,部署,金額\n山田太郎,総務課,12000\n",
  "会議は午後3時から。",
  "ソフトウェアの能力表を申請する。",
  "件名: お知らせ",
  "東京都千代田区霞が関",
  "合計,1,234円\r\n",
];

describe("text files of Japanese offices", () => {
  test.each(SENTENCES)("CP932: %s", (text) => {
    expect(decodeText(cp932(text))).toEqual({ text, encoding: "Shift_JIS" });
  });

  test.each(SENTENCES.slice(1))("EUC-JP: %s", (text) => {
    expect(decodeText(eucJp(text))).toEqual({ text, encoding: "EUC-JP" });
  });

  test.each(SENTENCES)("UTF-8 with and without its mark: %s", (text) => {
    const bytes = new TextEncoder().encode(text);
    expect(decodeText(bytes)).toEqual({ text, encoding: "UTF-8" });
    expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes]))).toEqual({ text, encoding: "UTF-8" });
  });

  test.each([true, false])("UTF-16, little-endian: %s", (little) => {
    const text = "見積書 ABC 12345";
    const buffer = new ArrayBuffer(2 * text.length);
    const view = new DataView(buffer);
    [...text].forEach((sign, index) => view.setUint16(2 * index, sign.charCodeAt(0), little));
    const bytes = new Uint8Array(buffer);
    const mark = little ? [0xff, 0xfe] : [0xfe, 0xff];
    expect(decodeText(new Uint8Array([...mark, ...bytes]))).toEqual({ text, encoding: "UTF-16" });
    expect(decodeText(bytes)).toEqual({ text, encoding: "UTF-16" });
  });

  test("ISO-2022-JP, as in mails", () => {
    const bytes = new Uint8Array([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42]);
    expect(decodeText(bytes)).toEqual({ text: "日本", encoding: "ISO-2022-JP" });
  });

  test("sentences put together by chance are told apart", () => {
    const next = random(7);
    const kana = "あいうえおかきくけこのはをにがでとも";
    const kanji = "市民課窓口申請書類提出期限年月日金額請求会議資料予算計画";
    for (let round = 0; round < 300; round += 1) {
      const length = 12 + Math.floor(next() * 60);
      const text = Array.from({ length }, () => {
        const from = next() < 0.5 ? kana : kanji;
        return from[Math.floor(next() * from.length)]!;
      }).join("");
      expect(decodeText(cp932(text))?.encoding, text).toBe("Shift_JIS");
      expect(decodeText(eucJp(text))?.encoding, text).toBe("EUC-JP");
    }
  });
});

test.each([
  ["a picture", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a]],
  ["a workbook", [0x50, 0x4b, 0x03, 0x04, 0x14, 0x00]],
  ["a PDF", [0x25, 0x50, 0x44, 0x46, 0x2d, 0x31]],
  ["zeros", [0x41, 0x00, 0x00, 0x00, 0x42]],
  ["noise", [0xff, 0xa0, 0x80, 0xfd, 0x01, 0x02]],
])("%s is not text", (_, bytes) => {
  expect(decodeText(new Uint8Array(bytes))).toBeNull();
});

test("an empty file is an empty text", () => {
  expect(decodeText(new Uint8Array())).toEqual({ text: "", encoding: "UTF-8" });
});
