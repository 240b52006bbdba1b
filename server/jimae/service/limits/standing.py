"""What is limited for somebody, what they used of it, and when it returns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jimae.service.limits.checks import models_of
from jimae.service.limits.days import Days
from jimae.service.limits.hours import Hours
from jimae.service.limits.meters import WINDOW, Meters
from jimae.service.limits.rules import Applied, Count, Kind


class Part(NamedTuple):
    """One limit of one subject. `returns_at`, in Unix seconds, is when all of it is there
    again; None for answers, which end when they end."""

    kind: Kind
    name: str
    measure: Count
    limit: int
    used: int
    returns_at: float | None

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


class Standing(NamedTuple):
    """All parts, and the models and hours (each has to be open) that are allowed; None: any."""

    at: float
    parts: tuple[Part, ...]
    models: frozenset[str] | None
    hours: tuple[Hours, ...] | None

    def strictest(self, *measures: Count) -> Part | None:
        """The one of which the least is left."""
        found = [part for part in self.parts if part.measure in measures]
        return min(found, key=lambda part: part.left, default=None)


def standing(held: Sequence[Applied], meters: Meters, days: Days, at: float) -> Standing:
    parts = tuple(part for one in held for part in _parts(one, meters, days, at))
    hours = tuple(one.rules.hours for one in held if one.rules.hours is not None)
    return Standing(at, parts, models_of(held), hours or None)


def _parts(one: Applied, meters: Meters, days: Days, at: float) -> Iterator[Part]:
    rules, kind, name = one.rules, one.subject.kind, one.name
    used = meters.tokens(one.subject, days.day(at))
    if rules.tokens_per_day is not None:
        limit, back = rules.tokens_per_day, days.tomorrow(at)
        yield Part(kind, name, "tokens_per_day", limit, used.of_day, back)
    if rules.tokens_per_month is not None:
        limit, back = rules.tokens_per_month, days.next_month(at)
        yield Part(kind, name, "tokens_per_month", limit, used.of_month, back)
    if rules.requests_per_minute is not None:
        times = meters.requests(one.subject, at)
        back = times[-1] + WINDOW if times else at
        limit = rules.requests_per_minute
        yield Part(kind, name, "requests_per_minute", limit, len(times), back)
    if rules.answers_at_once is not None:
        running = meters.answers(one.subject)
        yield Part(kind, name, "answers_at_once", rules.answers_at_once, running, None)
