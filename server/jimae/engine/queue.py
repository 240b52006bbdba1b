"""Who waits for a turn: how many may, whose turn is next, and what each is told."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from jimae.engine.fairness import ServiceCounters
from jimae.engine.scheduler import rank
from jimae.engine.sequence import Sequence
from jimae.errors import JimaeError
from jimae.types import Queued


class Queue:
    """Sequences without cells. `parallel` may run at once, `most` may wait."""

    def __init__(self, parallel: int, most: int) -> None:
        self.counters = ServiceCounters()
        self._parallel = parallel
        self._most = most
        self._waiting: dict[str, Sequence] = {}
        self._mean_seconds = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def check_room(self, running: int) -> None:
        """Raise `queue_full` if nobody else can be taken in; `running` have a place."""
        if not self._waiting and running < self._parallel:
            return
        waiting = len(self._waiting)
        if waiting < self._most:
            return
        seconds = math.ceil(max(1.0, self._estimate(waiting) or 0.0))
        raise JimaeError("queue_full", retry_after=seconds, waiting=waiting, seconds=seconds)

    def arrive(self, sequence: Sequence, running: Collection[Sequence]) -> None:
        """Take in a sequence that comes for the first time."""
        users = (s.principal.id for s in (*self._waiting.values(), *running))
        self.counters.arrive(sequence.principal.id, users)
        self._waiting[sequence.id] = sequence

    def put_back(self, sequence: Sequence) -> None:
        """Take in a sequence that has run already."""
        sequence.told_position = 0
        self._waiting[sequence.id] = sequence

    def take(self, sequence_id: str) -> Sequence | None:
        """Remove a sequence, if it is here."""
        return self._waiting.pop(sequence_id, None)

    def in_order(self) -> list[Sequence]:
        """All, first the one whose turn is next."""
        return sorted(
            self._waiting.values(),
            key=lambda s: rank(
                s.principal.id, s.principal.priority, s.arrival, self.counters.values
            ),
        )

    def observe(self, seconds: float) -> None:
        """Learn from a sequence that was served for so long."""
        self._mean_seconds += 0.2 * (seconds - self._mean_seconds)

    def news(self) -> Iterator[tuple[str, Queued]]:
        """What to tell those whose position has changed since they were told last."""
        for position, sequence in enumerate(self.in_order(), start=1):
            if sequence.told_position != position:
                sequence.told_position = position
                yield sequence.id, Queued(position, self._estimate(position))

    def _estimate(self, position: int) -> float | None:
        """Seconds until the sequence at `position` (from 1) begins, if that can be said."""
        if not self._mean_seconds:
            return None
        return self._mean_seconds * position / self._parallel
