"""Deltas put together are, byte for byte, what their tokens decode to: 200 prompts.

The prompts hold kanji, emoji and other scripts, and the sampling is warm, so that
characters of several tokens and broken ones come up. Special tokens, which are
no text, are not allowed: the answers never end early.
"""

from __future__ import annotations

import asyncio
import sys

from jimae.types import (
    ChatPrompt,
    Delta,
    GenerateRequest,
    Message,
    Principal,
    Sampling,
    TextPart,
)
from jimae.worker.client import LocalBackend
from worker.test_client import MODELS, settings

MODEL = "qwen2.5-coder-0.5b"
TIMES = 200
AT_ONCE = 8
TOKENS = 64
SPECIAL_TOKENS = 22

ASKED = (
    "「{}」という漢字を使って短い文を書いてください。",
    "{} を説明してください。",
    "次の文字をそのまま 10 回繰り返してください: {}",
    "{} に関係のある絵文字を並べてください。",
    "Translate into Japanese, with emoji: {}",
)
SUBJECTS = (
    *("鬱", "薔薇", "龘", "髙﨑", "齋藤", "𠮷野家", "𩸽", "憂鬱", "請求書", "午後", "見積"),
    *("😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇯🇵", "👍🏽", "🍣🍵", "🎌", "㋿", "①㈱", "ﾊﾝｶｸ", "が", "葛󠄀城"),
    *(
        "東京都千代田区",
        "ヴァイオリン",
        "中文简体",
        "한국어",
        "ελληνικά",
        "العربية",
        "हिन्दी",
        "ไทย",
    ),
    *("café", "ß", "∮ E⋅da = Q", "→←↑↓", "𝕳𝖊𝖑𝖑𝖔", "̈combining", "null", "\u200bzero", "~~", "\\"),
)


async def ask(
    backend: LocalBackend, bias: dict[int, float], number: int, text: str
) -> tuple[int, int]:
    """Bytes of one answer, and how many of its characters are outside ASCII."""
    request = GenerateRequest(
        f"proof-{number}",
        Principal("proof", "proof"),
        ChatPrompt((Message("user", (TextPart(text),)),)),
        sampling=Sampling(temperature=1.3, seed=number, logit_bias=bias),
        max_tokens=TOKENS,
    )
    deltas = [event async for event in backend.generate(request) if isinstance(event, Delta)]
    ids = tuple(token for delta in deltas for token in delta.token_ids)
    streamed = "".join(delta.text for delta in deltas)
    at_once = (await backend.detokenize(ids)).decode("utf-8", "replace")
    if len(ids) != TOKENS or streamed.encode() != at_once.encode():
        raise AssertionError(f"{text!r}: {len(ids)} tokens\n  {streamed!r}\n  {at_once!r}")
    return len(streamed.encode()), sum(not character.isascii() for character in streamed)


async def main(times: int) -> int:
    backend = LocalBackend(
        MODEL, MODELS / f"{MODEL}.gguf", settings(kv_tokens=4096, parallel=AT_ONCE), Sampling()
    )
    await backend.start()
    prompts = [asked.format(subject) for subject in SUBJECTS for asked in ASKED][:times]
    assert len(prompts) == times
    (first,) = await backend.tokenize("<|endoftext|>", special=True)
    bias = dict.fromkeys(range(first, first + SPECIAL_TOKENS), -100.0)
    sizes: list[tuple[int, int]] = []
    for start in range(0, times, AT_ONCE):
        batch = enumerate(prompts[start : start + AT_ONCE], start)
        sizes += await asyncio.gather(*(ask(backend, bias, *one) for one in batch))
    await backend.close()
    total, wide = (sum(column) for column in zip(*sizes, strict=True))
    print(f"{times} answers, {total} bytes, {wide} characters outside ASCII: all equal")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES)))
