"""What is being used, counted in memory: tokens as the ledger has them, requests, answers."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from jimae.service.limits.rules import Subject

WINDOW: Final = 60.0
DAYS_KEPT: Final = 62
"""Those of a month and more, whichever way the clock was set in between."""


class Tokens(NamedTuple):
    """Of one subject, on one day and in its month."""

    day: str
    of_day: int
    of_month: int


class Meters:
    """Counters of every subject.

    Requests are counted in a sliding window: the times of those of the last minute are kept,
    so that no 60 seconds ever hold more than the limit, wherever they begin. (A fixed minute
    lets twice as many through around its turn, and a bucket lets through what it saved up.)

    Tokens may be added by any thread; the rest belongs to the event loop.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[Subject, dict[str, int]] = {}
        self._times: dict[Subject, deque[float]] = {}
        self._answers: Counter[Subject] = Counter()

    # --- tokens -----------------------------------------------------------------------

    def add(self, subjects: Iterable[Subject], day: str, tokens: int) -> None:
        """Tokens that were used on a day."""
        with self._lock:
            for subject in subjects:
                days = self._tokens.setdefault(subject, {})
                days[day] = days.get(day, 0) + tokens
                if len(days) > DAYS_KEPT:
                    del days[next(iter(days))]

    def tokens(self, subject: Subject, day: str) -> Tokens:
        """What was used on a day, and in its month."""
        with self._lock:
            days = self._tokens.get(subject, {})
            of_month = sum(used for one, used in days.items() if one[:7] == day[:7])
            return Tokens(day, days.get(day, 0), of_month)

    # --- requests ---------------------------------------------------------------------

    def requests(self, subject: Subject, at: float) -> deque[float]:
        """The times of the requests of the last minute, the oldest first."""
        times = self._times.get(subject)
        if times is None:
            return deque()
        while times and times[0] <= at - WINDOW:
            times.popleft()
        # A clock that was set back makes them later than now: they were not, and must not count
        # until it gets there again.
        for index in reversed(range(len(times))):
            if times[index] <= at:
                break
            times[index] = at
        if not times:
            del self._times[subject]
        return times

    def request(self, subject: Subject, at: float) -> None:
        self._times.setdefault(subject, deque()).append(at)

    # --- answers ----------------------------------------------------------------------

    def answers(self, subject: Subject) -> int:
        """How many are being written."""
        return self._answers[subject]

    def begin(self, subjects: Iterable[Subject], answers: int) -> None:
        for subject in subjects:
            self._answers[subject] += answers

    def end(self, subjects: Iterable[Subject], answers: int) -> None:
        for subject in subjects:
            self._answers[subject] -= answers
            if not self._answers[subject]:
                del self._answers[subject]
