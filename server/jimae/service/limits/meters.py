"""What is being used, counted in memory: tokens as the ledger has them, requests, answers."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final, NamedTuple

from jimae.service.limits.rules import Subject

WINDOW: Final = 60.0


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
        self._tokens: dict[Subject, Tokens] = {}
        self._times: dict[Subject, deque[float]] = {}
        self._answers: Counter[Subject] = Counter()

    # --- tokens -----------------------------------------------------------------------

    def add(self, subjects: Iterable[Subject], day: str, tokens: int) -> None:
        """Tokens that were used on a day."""
        with self._lock:
            for subject in subjects:
                self._tokens[subject] = _added(self._tokens.get(subject), day, tokens)

    def tokens(self, subject: Subject, day: str) -> Tokens:
        """What was used up to now, if it is that day."""
        with self._lock:
            return _added(self._tokens.get(subject), day, 0)

    # --- requests ---------------------------------------------------------------------

    def requests(self, subject: Subject, at: float) -> deque[float]:
        """The times of the requests of the last minute, the oldest first."""
        times = self._times.get(subject)
        if times is None:
            return deque()
        while times and times[0] <= at - WINDOW:
            times.popleft()
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


def _added(have: Tokens | None, day: str, tokens: int) -> Tokens:
    """Days only go forwards: what belongs to one that is over counts for its month at most."""
    if have is None:
        return Tokens(day, tokens, tokens)
    if day < have.day:
        same = tokens if day[:7] == have.day[:7] else 0
        return have._replace(of_month=have.of_month + same)
    return Tokens(
        day,
        tokens + (have.of_day if day == have.day else 0),
        tokens + (have.of_month if day[:7] == have.day[:7] else 0),
    )
