"""The statistics of a comparison: percentiles, medians with their spread, ratios."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    """The median of several runs and the least and greatest of them."""

    median: float
    low: float
    high: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that occurred, never one in between.

    With eight values the 95th percentile is the greatest. NaN when there are none.
    """
    if not values:
        return math.nan
    ordered = sorted(values)
    rank = math.ceil(percent / 100 * len(ordered))
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def spread(values: Sequence[float]) -> Spread:
    """Over the values that exist; all NaN when there are none."""
    present = [value for value in values if not math.isnan(value)]
    if not present:
        return Spread(math.nan, math.nan, math.nan)
    return Spread(median(present), min(present), max(present))


def paired_ratios(values: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """Each run's value divided by the baseline's value in the same run.

    Pairs come before medians, since neighbours in time share the machine's mood.
    """
    return [
        value / base if base > 0 else math.nan
        for value, base in zip(values, baseline, strict=True)
        if not (math.isnan(value) or math.isnan(base))
    ]


def drift(values: Sequence[float]) -> float:
    """Median of the last third divided by that of the first, values in order of time.

    1.0 is steady. NaN with fewer than six values.
    """
    third = len(values) // 3
    if third < 2:
        return math.nan
    first, last = median(values[:third]), median(values[-third:])
    return last / first if first > 0 else math.nan
