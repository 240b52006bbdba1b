"""How fast a model reads and writes, on the binding alone: no server, no sampling.

Tokens are taken from the text that quality is measured on: which ones they are
does not change the time of a step, except in mixtures of experts, where a real
text is what counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from jimae.llama.model import Model, Slice
from jimae.tuning.choice import best_threads
from jimae.tuning.messages import Speed, ThreadSpeed

PROMPT: Final = 512
PROMPT_FOR_THREADS: Final = 128
# What every sequence has before it while decoding is measured.
PREFIX: Final = 64
STEPS: Final = 5
MANY: Final = 8
# A slow machine reads less of the prompt: at least one step, and no longer than this.
SECONDS: Final = 12.0

Progress = Callable[[int], None]


class Tunable(Model, Protocol):
    """A model whose threads can be changed while it is loaded."""

    def set_threads(self, threads: int) -> None: ...


class Steps(NamedTuple):
    """Times of decoding steps of `sequences` tokens each, in seconds."""

    sequences: int
    seconds: Sequence[float]

    @property
    def rate(self) -> float:
        """Tokens per second, all sequences together."""
        return self.sequences / statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        return (max(self.seconds) - min(self.seconds)) / statistics.median(self.seconds)


def work(threads: Sequence[int], chunks: Sequence[int], sequences: Sequence[int]) -> int:
    """How much `measure` does, in the unit of its progress: about the time of a token read."""
    each = STEPS * (1 + 1 + MANY)
    sweep = (PROMPT_FOR_THREADS + each) * len(threads) if len(threads) > 1 else 0
    return PREFIX + sweep + PROMPT * len(chunks) + STEPS * sum(sequences)


def measure(
    model: Tunable,
    tokens: Sequence[int],
    threads: Sequence[int],
    chunks: Sequence[int],
    sequences: Sequence[int],
    progress: Progress,
) -> tuple[tuple[ThreadSpeed, ...], Speed]:
    """Speeds by number of threads (if there is a choice), then all others with the best."""
    model.set_threads(threads[0])
    # The weights come from the disk on first use.
    read(model, tokens[:PREFIX], PREFIX)
    progress(PREFIX)
    tried: list[ThreadSpeed] = []
    for count in threads if len(threads) > 1 else ():
        model.set_threads(count)
        prompt = read(model, tokens[:PROMPT_FOR_THREADS], PROMPT_FOR_THREADS)
        progress(PROMPT_FOR_THREADS)
        one, many = (write(model, tokens, n) for n in (1, MANY))
        progress(STEPS * (1 + 1 + MANY))
        tried.append(ThreadSpeed(count, prompt, one.rate, many.rate))
    chosen = best_threads(tried) if tried else threads[0]
    model.set_threads(chosen)
    prompts: dict[int, float] = {}
    for chunk in chunks:
        prompts[chunk] = read(model, tokens[:PROMPT], chunk)
        progress(PROMPT)
    steps = []
    for count in sequences:
        steps.append(write(model, tokens, count))
        progress(STEPS * count)
    speed = Speed(
        threads=chosen,
        prompt=prompts,
        decode={one.sequences: one.rate for one in steps},
        spread=max(one.spread for one in steps),
    )
    return tuple(tried), speed


def read(model: Model, tokens: Sequence[int], chunk: int) -> float:
    """Tokens of a prompt per second, `chunk` of them in a step."""
    model.seq_remove(0, 0)
    started = time.perf_counter()
    done = 0
    while done < len(tokens) and time.perf_counter() - started < SECONDS:
        part = tokens[done : done + chunk]
        model.decode([Slice(0, done, part, 1)])
        done += len(part)
    seconds = time.perf_counter() - started
    model.seq_remove(0, 0)
    return done / seconds


def write(model: Model, tokens: Sequence[int], sequences: int) -> Steps:
    """Decoding steps of so many sequences behind a common prefix."""
    model.decode([Slice(0, 0, tokens[:PREFIX], 1)])
    for other in range(1, sequences):
        model.seq_copy(0, other, 0, PREFIX)
    seconds: list[float] = []
    for step in range(STEPS + 1):
        batch = [
            Slice(n, PREFIX + step, [tokens[(PREFIX + step + n) % len(tokens)]], 1)
            for n in range(sequences)
        ]
        started = time.perf_counter()
        model.decode(batch)
        seconds.append(time.perf_counter() - started)
    for n in range(sequences):
        model.seq_remove(n, 0)
    # The first step of a new shape sets up its buffers.
    return Steps(sequences, seconds[1:])
