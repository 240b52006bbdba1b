"""What to try, and which of what was measured is best. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from jimae.tuning.messages import Measured, ThreadSpeed

CHUNKS: Final = (32, 64, 128, 512)
SEQUENCES: Final = (1, 4, 8, 16)

# What a step has to hold at least, since answers are written in it too.
LEAST_BATCH: Final = 128

# Differences below this are noise: then fewer threads, smaller steps, the finer format.
SAME: Final = 0.03
# A format that loses more of its perplexity than this is never recommended, however fast.
MAX_LOSS: Final = 0.10
# How many counts of threads are tried on a machine with many cores.
MOST_COUNTS: Final = 6


class Picks(NamedTuple):
    """The format, by its index, for one user and for several at once."""

    one: int
    many: int


def thread_counts(cores: int) -> tuple[int, ...]:
    """All from 1 up to the cores; on large machines some of them, the most included."""
    if cores <= MOST_COUNTS:
        return tuple(range(1, cores + 1))
    return tuple(math.ceil(cores * part / MOST_COUNTS) for part in range(1, MOST_COUNTS + 1))


def best_threads(speeds: Sequence[ThreadSpeed]) -> int:
    """The count with the best speeds on the whole (their geometric mean)."""
    scores = {s.threads: (s.prompt * s.one * s.many) ** (1 / 3) for s in speeds}
    return smallest_of_the_best(scores)


def best_chunk(prompt: Mapping[int, float]) -> int:
    """The fewest tokens in a step that read a prompt at full speed, but not fewer than
    `LEAST_BATCH` if as many were tried."""
    roomy = {chunk: rate for chunk, rate in prompt.items() if chunk >= LEAST_BATCH}
    return smallest_of_the_best(roomy or prompt)


def smallest_of_the_best(rates: Mapping[int, float]) -> int:
    """The smallest key whose rate is the highest, or as good as."""
    most = max(rates.values())
    return min(key for key, rate in rates.items() if rate >= most * (1 - SAME))


def pick(formats: Sequence[Measured], many: int) -> Picks:
    """The best formats; the first is the one that the others are compared with."""
    return Picks(_fastest(formats, 1), _fastest(formats, many))


def _fastest(formats: Sequence[Measured], sequences: int) -> int:
    """The fastest that does not lose too much; the finest of those that are as good."""
    allowed = [
        index
        for index, measured in enumerate(formats)
        if measured.quality is None or measured.quality.change <= MAX_LOSS
    ]
    most = max(formats[index].speed.decode[sequences] for index in allowed)
    equal = [i for i in allowed if formats[i].speed.decode[sequences] >= most * (1 - SAME)]
    return min(equal, key=lambda index: _loss(formats[index]))


def _loss(measured: Measured) -> float:
    return measured.quality.change if measured.quality else 0.0
