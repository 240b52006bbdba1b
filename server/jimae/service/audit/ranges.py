"""Numbers of records as ranges: what was deleted is mostly one piece."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Range = tuple[int, int]
"""From the first to the last, both included."""


def ranges_of(numbers: Iterable[int]) -> list[Range]:
    """Of numbers in ascending order."""
    found: list[Range] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


class Covered:
    """Whether some of many ranges hold a number."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges: list[Range] = []
        for first, last in sorted(ranges):
            if self._ranges and first <= self._ranges[-1][1] + 1:
                begun, ended = self._ranges[-1]
                self._ranges[-1] = (begun, max(ended, last))
            else:
                self._ranges.append((first, last))

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._ranges, number, key=lambda one: one[0]) - 1
        return at >= 0 and number <= self._ranges[at][1]
