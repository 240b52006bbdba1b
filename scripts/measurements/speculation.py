"""What guessing tokens ahead gains where an answer follows its prompt, and costs where not.

The same requests run with and without drafts, in turns: a text that is written
out again with corrections, code that is renamed, and a free answer. Drafts come from prompt
lookup, and with `--draft` from that model alone, which keeps what it learned from run to run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from jimae.engine import engine as engine_module
from jimae.engine.detokenizer import Detokenizer
from jimae.engine.drafter import Drafter
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.sampler import Sampler
from jimae.engine.sequence import Sequence
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.types import Principal, Sampling
from lib.places import test_models

RUNS = 3
NOTICE = (
    "来週の月曜日、午前十時から、庁舎の防災訓練を行います。各課の担当者は、九時五十分までに"
    "一階の受付に集まってください。訓練では、通報、避難、点呼の順に確かめます。雨の場合は、"
    "三階の会議室で説明会に変えます。参加できない人は、金曜日の正午までに総務課へ連絡して"
    "ください。当日は動きやすい服装で、名札を付けて来てください。終わりは十一時三十分ごろの"
    "予定です。"
)
CODE = """def total(rows):
    result = {}
    for row in rows:
        name = row["department"]
        amount = int(row["amount"])
        if name not in result:
            result[name] = 0
        result[name] += amount
    return result


def report(rows):
    for name, amount in sorted(total(rows).items()):
        print(f"{name}: {amount}")
"""
WORK = {
    "a notice, corrected": f"次の文章の誤字を直し、全文を書いてください。\n\n{NOTICE}",
    "code, renamed": f"Rename `rows` to `records`. Answer with the whole code only.\n\n{CODE}",
    "a free answer": "日本の四季について、思い出をまじえて自由に書いてください。",
}
USERS = (1, 8)
TOKENS = 120


def speed(
    model: LlamaModel, text: str, users: int, drafter: Drafter | None
) -> tuple[float, int, int]:
    """Tokens per second of decoding, all users together; tokens drafted, and confirmed."""
    options = EngineOptions(model.n_cells)
    engine = Engine(model, options, lambda *_: None, drafter=drafter)
    for user in range(users):
        prompt = f"<|im_start|>user\n{user}. {text}<|im_end|>\n<|im_start|>assistant\n"
        engine.submit(
            Sequence(
                f"u{user}",
                Principal(f"u{user}", f"u{user}"),
                list(model.vocab.tokenize(prompt, special=True)),
                Sampler(Sampling(temperature=0.0)),
                Detokenizer(),
                TOKENS,
                model.vocab.end_tokens,
            )
        )
    while engine.busy and engine.status().tokens_generated < users:
        engine.step()
    before, began = engine.status().tokens_generated, time.monotonic()
    while engine.busy:
        engine.step()
    status = engine.status()
    engine.cache.clear()
    rate = (status.tokens_generated - before) / (time.monotonic() - began)
    return rate, status.tokens_drafted, status.tokens_confirmed


def without_drafts(*_: object) -> None:
    """In place of `add_drafts`."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=test_models() / "qwen2.5-coder-1.5b.gguf")
    parser.add_argument("--draft", type=Path, help="take drafts from this model, not from lookup")
    parser.add_argument("--users", type=int, nargs="*", default=USERS)
    options = parser.parse_args()
    model = LlamaModel(LoadOptions(options.model, n_cells=8192, n_running=8))
    with_drafts = engine_module.add_drafts
    drafter: Drafter | None = None
    if options.draft is not None:
        small = LlamaModel(LoadOptions(options.draft, n_cells=8192, n_running=8))
        drafter, with_drafts = Drafter(small, model), without_drafts
    print(
        f"{'work':<24}{'users':>6}{'without':>10}{'with':>10}{'ratio':>8}{'drafted':>9}{'confirmed':>11}"
    )
    for name, text in WORK.items():
        for users in options.users:
            plain, fast, ratios, drafted, confirmed = [], [], [], 0, 0
            for _ in range(RUNS):
                engine_module.add_drafts = without_drafts
                plain.append(speed(model, text, users, None)[0])
                engine_module.add_drafts = with_drafts
                rate, drafted, confirmed = speed(model, text, users, drafter)
                fast.append(rate)
                ratios.append(fast[-1] / plain[-1])
            print(
                f"{name:<24}{users:>6}{statistics.median(plain):>10.1f}"
                f"{statistics.median(fast):>10.1f}{statistics.median(ratios):>8.2f}"
                f"{drafted:>9}{confirmed / max(1, drafted):>11.0%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
