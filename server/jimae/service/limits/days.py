"""Days and months as they are where the server is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import time
from zoneinfo import ZoneInfo


class Days:
    """A clock on the wall of the server's time zone. Times are Unix seconds."""

    def __init__(self, zone: str, clock: Callable[[], float] = time) -> None:
        self._zone = ZoneInfo(zone)
        self.now = clock

    def today(self) -> str:
        return self.day(self.now())

    def local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)

    def day(self, at: float) -> str:
        """`2026-11-23`; its first seven characters are the month."""
        return self.local(at).date().isoformat()

    def tomorrow(self, at: float) -> float:
        """When the next day begins."""
        return self.midnight(self.local(at) + timedelta(days=1))

    def next_month(self, at: float) -> float:
        """When the next month begins."""
        return self.midnight(self.local(at).replace(day=1) + timedelta(days=32), day=1)

    def midnight(self, of: datetime, *, day: int | None = None) -> float:
        """When a day begins: that of `of`, or the `day`-th of its month."""
        date = of.date() if day is None else of.date().replace(day=day)
        return datetime.combine(date, datetime.min.time(), self._zone).timestamp()

    def told(self, at: float) -> str:
        """For people: `2026-11-24 00:00 JST`."""
        return self.local(at).strftime("%Y-%m-%d %H:%M %Z")
