import { expect, test } from "vitest";
import { Blocks } from "../../src/lib/blocks";
import { renderMarkdown } from "../../src/lib/markdown";
import { random } from "../streams";

const ANSWER = `# 防災訓練

来週の**「通報・避難・点呼」**を確かめます。
二行目です。

1. 参加者を決める

2. 案内を送る
   - 総務課
   - 管財係

   \`\`\`sh
   echo "一覧

   # 見出しではない"
   \`\`\`

10. 配る

| 日 | すること |
| --- | ---: |
| 月 | 案内 |

\`\`\`python
for row in rows:

    print("# 見出しではない")
\`\`\`

> 引用です
続きです

見出しになる行
---

- 一

- 二
* 別の一覧

[手引き]: https://example.jp/

最後に[手引き]を見る。`;

const whole = (text: string): string => renderMarkdown(text).replace(/\n/g, "");

function streamed(text: string, cuts: number[]): string {
  const blocks = new Blocks();
  for (const cut of cuts) blocks.update(text.slice(0, cut), false);
  const last = blocks.update(text, true);
  expect(last.every((block) => block.done)).toBe(true);
  return last.map((block) => block.html).join("").replace(/\n/g, "");
}

test("character by character ends as if rendered at once", () => {
  expect(streamed(ANSWER, Array.from(ANSWER, (_, index) => index))).toBe(whole(ANSWER));
});

test("any pieces, and any point to stop at, end as if rendered at once", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const next = random(seed);
    const text = ANSWER.slice(0, Math.floor(next() * ANSWER.length) + 1);
    const cuts: number[] = [];
    for (let at = 0; at < text.length; at += 1 + Math.floor(next() * 40)) cuts.push(at);
    expect(streamed(text, cuts), `seed ${seed}`).toBe(whole(text));
  }
});

test("a finished block is never rendered again", () => {
  const blocks = new Blocks();
  const first = blocks.update("一つ目の段落\n\n二つ目\n", false)[0]!;
  expect(first.done).toBe(true);
  expect(blocks.update("一つ目の段落\n\n二つ目\n\n三つ目", false)[0]).toBe(first);
});

test("open emphasis and code look closed while they grow", () => {
  const [block] = new Blocks().update("これは**大事", false);
  expect(block!.html).toContain("<strong>大事</strong>");
  expect(block!.done).toBe(false);
});

test("a new answer in the same place starts anew", () => {
  const blocks = new Blocks();
  blocks.update("古い答え\n\n二つ目\n", false);
  expect(blocks.update("新しい", true).map((block) => block.html.trim())).toEqual(["<p>新しい</p>"]);
});
