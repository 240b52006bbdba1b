"""How often a greedy answer changes with what runs beside it, or with what it reuses.

The same prompts are answered alone and then under each condition. An answer
counts as changed if any token differs; the largest difference of a logit is
taken at the first generated token. On the fake model all rates are zero by test;
on weights, sums are added up in another order when a batch has another size.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from jimae.engine.detokenizer import Detokenizer
from jimae.engine.engine import Engine, EngineOptions
from jimae.engine.grammar import Mask
from jimae.engine.sampler import Sampler
from jimae.engine.scheduler import QUANTUM
from jimae.engine.sequence import Sequence
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.llama.model import Logits
from jimae.types import Principal, Sampling
from lib.places import test_models

TOPICS = ("富士山", "請求書", "防災訓練", "桜", "新幹線", "🍣 寿司", "会議の議事録", "温泉 ♨️")
ASKS = (
    "について三文で説明してください。",
    "の良い点を挙げてください。",
    "を詠んだ俳句を作ってください。",
)
SYSTEM = "あなたは市役所の職員を助ける係です。丁寧に、短く、正確に答えてください。" * 3
TOKENS = 24


class Recording(Sampler):
    """Greedy, and keeps the logits of the first token."""

    def __init__(self) -> None:
        super().__init__(Sampling(temperature=0.0))
        self.first: Logits | None = None

    def sample(self, logits: Logits, mask: Mask | None = None) -> int:
        if self.first is None:
            self.first = logits.copy()
        return super().sample(logits, mask)


class Bench:
    """An engine on real weights, stepped by hand."""

    def __init__(self, model: LlamaModel) -> None:
        self.model = model
        self.engine = self.fresh()

    def fresh(self, target: float = 1e9) -> Engine:
        options = EngineOptions(self.model.n_cells, parallel=8, target_itl=target)
        return Engine(self.model, options, lambda *_: None)

    def prompt(self, question: str, system: str = "") -> list[int]:
        text = f"<|im_start|>system\n{system}<|im_end|>\n" if system else ""
        text += f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
        return self.model.vocab.tokenize(text, special=True)

    def submit(self, ids: list[int], user: str = "u", n: int = TOKENS) -> Sequence:
        sequence = Sequence(
            f"{user}-{id(ids)}",
            Principal(user, user),
            list(ids),
            Recording(),
            Detokenizer(),
            n,
            self.model.vocab.end_tokens,
        )
        self.engine.submit(sequence)
        return sequence

    def run(self) -> None:
        while self.engine.busy:
            self.engine.step()

    def reset(self) -> None:
        self.engine.cache.clear()
        self.engine = self.fresh()

    def alone(self, ids: list[int]) -> Sequence:
        sequence = self.submit(ids)
        self.run()
        self.reset()
        return sequence


Condition = Callable[[Bench, list[list[int]]], list[Sequence]]


def among_seven(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    done: list[Sequence] = []
    for start in range(0, len(prompts), 8):
        done += [bench.submit(p, f"u{i}") for i, p in enumerate(prompts[start : start + 8])]
        bench.run()
        bench.reset()
    return done


def after_a_shared_prefix(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    return after_prefixes(bench, prompts, [len(ids) - 12 for ids in prompts])


def after_whole_chunks(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    return after_prefixes(bench, prompts, [(len(ids) - 1) // QUANTUM * QUANTUM for ids in prompts])


def after_prefixes(bench: Bench, prompts: list[list[int]], lengths: list[int]) -> list[Sequence]:
    done = []
    for ids, length in zip(prompts, lengths, strict=True):
        bench.submit([*ids[:length], 11], n=1)
        bench.run()
        done.append(bench.submit(ids))
        bench.run()
        bench.reset()
    return done


def beside_idle_cells(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    done = []
    bench.submit(bench.prompt("別の人の長い文章。" * 100), "other", n=1)
    bench.run()
    (seq_id,) = bench.engine.cache.contents()
    kept, data = bench.engine.cache.contents()[seq_id], bench.model.seq_save(seq_id)
    bench.reset()
    for ids in prompts:
        bench.engine.cache.adopt("other", kept, lambda s: bench.model.seq_load(s, data))
        done.append(bench.submit(ids))
        bench.run()
        bench.reset()
    return done


def paused_and_resumed(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    done = []
    for ids in prompts:
        sequence = bench.submit(ids)
        while sequence.generated < TOKENS // 2 and bench.engine.busy:
            bench.engine.step()
        if bench.engine.busy:
            bench.engine.pause(sequence.id)
            bench.engine.cache.clear()
        bench.run()
        done.append(sequence)
        bench.reset()
    return done


def restored_from_bytes(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    done = []
    for ids in prompts:
        bench.submit([*ids[:-1], 11], n=1)
        bench.run()
        (seq_id,) = bench.engine.cache.contents()
        kept, data = bench.engine.cache.contents()[seq_id], bench.model.seq_save(seq_id)
        bench.reset()
        bench.engine.cache.adopt("u", kept, lambda s, data=data: bench.model.seq_load(s, data))
        done.append(bench.submit(ids))
        bench.run()
        bench.reset()
    return done


def in_small_chunks(bench: Bench, prompts: list[list[int]]) -> list[Sequence]:
    done = []
    for ids in prompts:
        bench.engine = bench.fresh(target=1e-9)
        done.append(bench.alone(ids))
    return done


CONDITIONS: dict[str, Condition] = {
    "alone again": lambda bench, prompts: [bench.alone(p) for p in prompts],
    "among seven others": among_seven,
    "after a shared prefix": after_a_shared_prefix,
    "after a shared prefix of whole chunks": after_whole_chunks,
    "beside 700 idle cells of another user": beside_idle_cells,
    "paused, its cells lost, resumed": paused_and_resumed,
    "restored from bytes": restored_from_bytes,
    "read in chunks of 16": in_small_chunks,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=test_models() / "qwen2.5-coder-0.5b.gguf")
    parser.add_argument("--prompts", type=int, default=24)
    parser.add_argument("--only", nargs="*", default=list(CONDITIONS), choices=list(CONDITIONS))
    parser.add_argument("--threads", type=int, help="fewer than all cores, where others work")
    options = parser.parse_args()
    loading = LoadOptions(options.model, n_cells=8192, n_running=8, threads=options.threads)
    bench = Bench(LlamaModel(loading))
    prompts = [
        bench.prompt(f"{i + 1}. {TOPICS[i % len(TOPICS)]}{ASKS[i % len(ASKS)]}", SYSTEM)
        for i in range(options.prompts)
    ]
    print(f"prompts of {min(map(len, prompts))} to {max(map(len, prompts))} tokens")
    base = [bench.alone(p) for p in prompts]
    print(f"{options.model.name}, {len(prompts)} prompts, {TOKENS} tokens each, greedy")
    print(f"{'condition':<42}{'changed':>10}{'largest logit difference':>28}")
    for name in options.only:
        found = CONDITIONS[name](bench, prompts)
        changed = sum(a.tokens != b.tokens for a, b in zip(base, found, strict=True))
        largest = max(
            float(np.abs(a.sampler.first - b.sampler.first).max())  # type: ignore[attr-defined]
            for a, b in zip(base, found, strict=True)
        )
        print(f"{name:<42}{changed:>5}/{len(prompts)}{largest:>27.3f}", flush=True)


if __name__ == "__main__":
    main()
