"""What a request may not exceed. Each check raises what a person or program is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from jimae.errors import JimaeError
from jimae.service.limits import hours
from jimae.service.limits.days import Days
from jimae.service.limits.meters import WINDOW, Meters
from jimae.service.limits.rules import Applied

SHORTEST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0


class Checks:
    def __init__(self, meters: Meters, days: Days) -> None:
        self._meters = meters
        self._days = days

    def model(self, held: Sequence[Applied], model: str) -> None:
        """Raises `model_not_allowed`."""
        for one in held:
            if one.rules.models is not None and model not in one.rules.models:
                raise JimaeError(
                    "model_not_allowed",
                    param="model",
                    kind=one.subject.kind,
                    whose=one.name,
                    model=model,
                    allowed=", ".join(sorted(models_of(held) or ())) or "-",
                )

    def hours(self, held: Sequence[Applied], at: float) -> None:
        """Raises `hours_closed`, or `hours_never` where the hours of all exclude each other."""
        limited = [one for one in held if one.rules.hours is not None]
        windows = [one.rules.hours or () for one in limited]
        if hours.is_open(windows, self._days.local(at)):
            return
        whose = ", ".join(one.name for one in limited)
        told = " / ".join(", ".join(w.told() for w in each) or "-" for each in windows)
        when = hours.opens(windows, self._days, at)
        if when is None:
            raise JimaeError("hours_never", whose=whose, hours=told)
        raise JimaeError(
            "hours_closed",
            retry_after=when - at,
            whose=whose,
            hours=told,
            opens=self._days.told(when),
        )

    def tokens(self, held: Sequence[Applied], at: float) -> None:
        """Raises `quota_exceeded` of the limit that returns last."""
        found: list[tuple[float, Applied, int, int]] = []
        for one in held:
            used = self._meters.tokens(one.subject, self._days.day(at))
            day, month = one.rules.tokens_per_day, one.rules.tokens_per_month
            if month is not None and used.of_month >= month:
                found.append((self._days.next_month(at), one, month, used.of_month))
            if day is not None and used.of_day >= day:
                found.append((self._days.tomorrow(at), one, day, used.of_day))
        if not found:
            return
        until, one, limit, used_up = max(found, key=lambda exceeded: exceeded[0])
        raise JimaeError(
            "quota_exceeded",
            retry_after=until - at,
            kind=one.subject.kind,
            whose=one.name,
            limit=limit,
            used=used_up,
            left=0,
            until=self._days.told(until),
        )

    def requests(self, held: Sequence[Applied], at: float) -> None:
        """Raises `rate_limited`, with the time at which all limits let the next one in."""
        waits: list[tuple[float, Applied, int]] = []
        for one in held:
            limit = one.rules.requests_per_minute
            times = self._meters.requests(one.subject, at)
            if limit is not None and len(times) >= limit:
                # So many have to leave the window that one less than the limit is in it.
                last = times[len(times) - limit] if limit else at
                waits.append((last + WINDOW - at, one, limit))
        if not waits:
            return
        wait, one, limit = max(waits, key=lambda waiting: waiting[0])
        raise JimaeError(
            "rate_limited",
            retry_after=wait,
            kind=one.subject.kind,
            whose=one.name,
            limit=limit,
            left=0,
            seconds=max(1, math.ceil(wait)),
            when=self._days.local(at + wait).strftime("%H:%M:%S %Z"),
        )

    def answers(self, held: Sequence[Applied], asked: int, usual: float) -> int:
        """How many of `asked` may be written at once; raises `too_many_answers` for none.

        `usual` is how many seconds an answer took lately: by then one of those that run has
        probably ended, which nobody can know.
        """
        free = asked
        for one in held:
            limit, running = one.rules.answers_at_once, self._meters.answers(one.subject)
            if limit is None:
                continue
            if running >= limit:
                wait = min(max(usual / max(running, 1), SHORTEST_WAIT), LONGEST_WAIT)
                raise JimaeError(
                    "too_many_answers",
                    retry_after=wait,
                    kind=one.subject.kind,
                    whose=one.name,
                    limit=limit,
                    running=running,
                    left=0,
                    seconds=math.ceil(wait),
                )
            free = min(free, limit - running)
        return free


def models_of(held: Sequence[Applied]) -> frozenset[str] | None:
    """The models that all rules allow; None for any."""
    found: frozenset[str] | None = None
    for one in held:
        if one.rules.models is not None:
            here = frozenset(one.rules.models)
            found = here if found is None else found & here
    return found
