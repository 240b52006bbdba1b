"""Hours of the week in which a model may be asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

import msgspec

from jimae.errors import JimaeError
from jimae.service.limits.days import Days

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final[tuple[Weekday, ...]] = get_args(Weekday)
MINUTES: Final = 24 * 60
DAYS_AHEAD: Final = 8
TIME: Final = re.compile(r"([0-9]{2}):([0-5][0-9])")
_JAPANESE: Final = dict(zip("月火水木金土日", WEEK, strict=True))
# As people write a window; what is kept is written one way.
_WRITTEN: Final = re.compile(r"(?P<days>\D+)(?P<begin>\d{1,2}:\d\d)\s*-\s*(?P<end>\d{1,2}:\d\d)")
_DASHES: Final = str.maketrans("〜~～–—―−‐ー、・", "---------,,")


class Window(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """From `begin` until just before `end` (`HH:MM`, `24:00` too), on some days of the week.

    One that ends before it begins goes on into the next day.
    """

    days: tuple[Weekday, ...]
    begin: str
    end: str

    def holds(self, at: datetime) -> bool:
        begin, end, now = minute(self.begin), minute(self.end), at.hour * 60 + at.minute
        today, before = WEEK[at.weekday()], WEEK[at.weekday() - 1]
        if begin < end:
            return today in self.days and begin <= now < end
        return (today in self.days and now >= begin) or (before in self.days and now < end)

    def told(self) -> str:
        """`mon-fri 08:00-19:00`."""
        return f"{_days_told(self.days)} {self.begin}-{self.end}"


Hours = Sequence[Window]


def minute(text: str) -> int:
    """Minutes since midnight of `HH:MM`. Raises ValueError."""
    parts = TIME.fullmatch(text)
    found = MINUTES + 1 if parts is None else int(parts[1]) * 60 + int(parts[2])
    if found > MINUTES:
        raise ValueError(text)
    return found


def parse(text: str) -> Window:
    """A window as `Window.told` tells it, or as it is written in Japan: `月-金 9:00-18:00`,
    `月〜金 ９：００〜１８：００`, `土曜日、日曜日 0:00-24:00`. Raises `hours_unreadable`."""
    narrow = unicodedata.normalize("NFKC", text).translate(_DASHES).strip().lower()
    written = _WRITTEN.fullmatch(narrow)
    try:
        if written is None:
            raise ValueError(text)
        begin, end = written["begin"].zfill(5), written["end"].zfill(5)
        if minute(begin) == MINUTES:
            raise ValueError(begin)
        minute(end)
        return Window(tuple(_days("".join(written["days"].split()))), begin, end)
    except ValueError:
        raise JimaeError("hours_unreadable", value=text[:100]) from None


def is_open(hours: Iterable[Hours], at: datetime) -> bool:
    """Whether a time is in a window of each."""
    return all(any(window.holds(at) for window in windows) for windows in hours)


def opens(hours: Sequence[Hours], days: Days, at: float) -> float | None:
    """When it is next open for all of them; None if it never is.

    That is when some window begins, so only these times are looked at.
    """
    here = days.local(at)
    begins = {minute(window.begin) for windows in hours for window in windows}
    for ahead in range(DAYS_AHEAD):
        midnight = datetime.combine(here.date() + timedelta(days=ahead), datetime.min.time())
        for begin in sorted(begins):
            when = (midnight + timedelta(minutes=begin)).replace(tzinfo=here.tzinfo)
            # Through Unix time: where clocks are put forward, a time on the wall may not exist.
            if when.timestamp() > at and is_open(hours, days.local(when.timestamp())):
                return when.timestamp()
    return None


def _days(text: str) -> Iterator[Weekday]:
    """`mon-wed,fri`, `月-水,金`. Raises ValueError."""
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = WEEK.index(_day(first))
        end = WEEK.index(_day(last)) if dash else begin
        if end < begin:
            raise ValueError(part)
        yield from WEEK[begin : end + 1]


def _day(name: str) -> Weekday:
    """Raises ValueError."""
    for day in WEEK:
        if name == day:
            return day
    short = name.removesuffix("日").removesuffix("曜") or name
    if short not in _JAPANESE:
        raise ValueError(name)
    return _JAPANESE[short]


def _days_told(days: Sequence[Weekday]) -> str:
    found = sorted(WEEK.index(day) for day in set(days))
    runs: list[list[int]] = []
    for day in found:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        f"{WEEK[run[0]]}-{WEEK[run[-1]]}" if len(run) > 2 else ",".join(WEEK[day] for day in run)
        for run in runs
    )
