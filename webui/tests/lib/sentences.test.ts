import { expect, test } from "vitest";
import { Sentences } from "../../src/lib/sentences";

const TEXT = `## 見出し

東京は「日本の首都です。」と**言われます。**次です！本当ですか？はい。

1. 一つ目 version 3.5 です
- [手引き](https://example.jp/a)を見る

\`\`\`python
print("読まない。")
\`\`\`

| 日 | 内容 |
| --- | --- |
| 月 | 案内 |

Done. Really done.`;

const SPOKEN = [
  "見出し",
  "東京は「日本の首都です。」",
  "と 言われます。",
  "次です！",
  "本当ですか？",
  "はい。",
  "1. 一つ目 version 3.5 です",
  "手引きを見る",
  "日 内容",
  "月 案内",
  "Done.",
  "Really done.",
];

test("whole sentences are spoken, without signs and code", () => {
  const sentences = new Sentences();
  expect([...sentences.add(TEXT), ...sentences.end()]).toEqual(SPOKEN);
});

test("a split at any place changes nothing", () => {
  for (let at = 0; at <= TEXT.length; at += 1) {
    const sentences = new Sentences();
    const spoken = [...sentences.add(TEXT.slice(0, at)), ...sentences.add(TEXT.slice(at))];
    expect([...spoken, ...sentences.end()], `split at ${at}`).toEqual(SPOKEN);
  }
});

test("nothing is said before its sentence is over", () => {
  const sentences = new Sentences();
  expect(sentences.add("まだ終わって")).toEqual([]);
  expect(sentences.add("いない。次")).toEqual(["まだ終わっていない。"]);
});
