"""Whose requests are being answered or wait at this moment: numbers, never words."""

from __future__ import annotations

import time
from typing import NamedTuple

from jimae.service.caller import Caller


class Waiting(NamedTuple):
    """One request that was let in. `since` is a monotonic time in seconds."""

    caller: Caller
    model: str
    sequences: int
    since: float


class Person(NamedTuple):
    """What one account has going on; `seconds` is how long its oldest request has lasted."""

    id: str
    name: str
    requests: int
    sequences: int
    models: tuple[str, ...]
    seconds: float


class Going:
    """Every request that has been let in and is not over."""

    def __init__(self) -> None:
        self._now: dict[int, Waiting] = {}
        self._count = 0

    def begin(self, caller: Caller, model: str, sequences: int) -> int:
        """Returns the number by which it is ended."""
        self._count += 1
        self._now[self._count] = Waiting(caller, model, sequences, time.monotonic())
        return self._count

    def end(self, number: int) -> None:
        del self._now[number]

    def people(self) -> list[Person]:
        """One line for each account, the longest at work first."""
        own: dict[str, list[Waiting]] = {}
        for one in self._now.values():
            own.setdefault(one.caller.id, []).append(one)
        now = time.monotonic()
        lines = [
            Person(
                id=account,
                name=each[-1].caller.name,
                requests=len(each),
                sequences=sum(one.sequences for one in each),
                models=tuple(sorted({one.model for one in each})),
                seconds=round(now - min(one.since for one in each), 1),
            )
            for account, each in own.items()
        ]
        return sorted(lines, key=lambda line: -line.seconds)
