"""Whether a draft model pays: what its drafts cost and bring, and what may be spent to find out.

A step without drafts gives each of its `others` sequences one token in `main(0)` seconds.
With drafts of n tokens for m sequences it takes

    drafting(m, n)                 n positions of the draft model, m tokens each
    main(m * n)                    the same step with m * n tokens more

and gives as many tokens more as are likely to be confirmed. All of these are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

LENGTHS = (1, 2, 4, 8)

MARGIN = 1.1
"""Times as many tokens per second as without drafts that a plan has to promise."""

SHARE = 0.01
"""Of all time, what may be lost on reading that does not pay."""

LEAST_SHARE = SHARE / 8
"""What is left of it after several attempts in vain."""

FIRST_SECONDS = 0.5
"""What may be spent before anything has come in."""

MOST_SECONDS = 10.0
"""What is kept at most: a workload that stops paying loses no more than this."""


class Plan(NamedTuple):
    """Draft `length` tokens for each of the `sequences` that are most often right.

    The whole step then takes `seconds`: `saved` fewer than its tokens would take without drafts.
    """

    sequences: int
    length: int
    seconds: float
    saved: float


def choose_plan(
    expected: Sequence[Callable[[int], float]],
    others: float,
    main: Callable[[int], float],
    drafting: Callable[[int, int], float],
    *,
    room: int,
    target: float,
) -> Plan | None:
    """The plan with the most tokens per second, None if none pays.

    `expected[i](n)` tokens of a draft of n for sequence i are likely to be confirmed, the best
    sequence first. A plan has at most `room` drafted tokens and takes at most `target` seconds.
    """
    plain = main(0)
    best: Plan | None = None
    best_rate = MARGIN * others / plain
    for m in _groups(len(expected)):
        for n in LENGTHS:
            if m * n > room:
                break
            seconds = drafting(m, n) + main(m * n)
            if seconds > target:
                break
            tokens = others + sum(each(n) for each in expected[:m])
            if tokens / seconds > best_rate:
                best_rate = tokens / seconds
                best = Plan(m, n, seconds, plain * tokens / others - seconds)
    return best


def _groups(most: int) -> list[int]:
    """1, 2, 4 … and all."""
    sizes = [1 << k for k in range(most.bit_length())]
    return sizes if not sizes or sizes[-1] == most else [*sizes, most]


class Budget:
    """Seconds that may be spent on reading sequences in with the draft model.

    A share of all time comes in, and what drafts save; the time of reading goes out. What never
    pays therefore costs that share, however it fails, and less with each attempt in vain.
    """

    def __init__(self) -> None:
        self.seconds = FIRST_SECONDS
        self._share = SHARE

    def earn(self, step: float) -> None:
        """A step took so many seconds."""
        self._add(self._share * step)

    def gain(self, saved: float) -> None:
        """A step with drafts saved so many seconds, or lost them."""
        self._add(saved)
        if saved > 0:
            self._share = SHARE

    def spend(self, seconds: float) -> None:
        self._add(-seconds)

    def in_vain(self) -> None:
        """What was spent showed that drafts do not pay now: the next attempt is further off."""
        self._share = max(LEAST_SHARE, self._share / 2)

    def _add(self, seconds: float) -> None:
        self.seconds = min(MOST_SECONDS, self.seconds + seconds)
