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
# National holidays are no days of their own here: 平日 are five of the week.
_TOGETHER: Final[dict[str, tuple[Weekday, ...]]] = {
    "平日": WEEK[:5],
    "土日": WEEK[5:],
    "毎日": WEEK,
}
# As people write a window; what is kept is written one way.
_WRITTEN: Final = re.compile(r"(?P<days>\D+)(?P<begin>\d{1,2}:\d\d)\s*-\s*(?P<end>\d{1,2}:\d\d)")
# `9:00`, `9時`, `9時半`, `午後6時15分`.
_CLOCK: Final = re.compile(
    r"(?P<half>午前|午後)?\s*(?P<hour>\d{1,2})\s*"
    r"(?::\s*(?P<minute>\d\d)|時\s*(?:(?P<thirty>半)|(?P<minutes>\d{1,2})\s*分)?)"
)
_HALF: Final = 12
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
    `月〜金 ９：００〜１８：００`, `土日 0:00-24:00`, `平日 午前9時から午後5時半まで`. Raises
    `hours_unreadable`."""
    narrow = unicodedata.normalize("NFKC", text).translate(_DASHES).strip().lower()
    narrow = narrow.removesuffix("まで").replace("から", "-")
    try:
        written = _WRITTEN.fullmatch(_digital(narrow))
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


def _digital(text: str) -> str:
    """The text with its times as `H:MM`. Raises ValueError for one of which nobody can tell
    whether it is before noon."""
    halves = False

    def told(clock: re.Match[str]) -> str:
        nonlocal halves
        hour = int(clock["hour"])
        if clock["half"]:
            halves = True
            if hour >= _HALF:  # twelve in the morning is noon to some and midnight to others
                raise ValueError(clock[0])
            hour += _HALF if clock["half"] == "午後" else 0
        elif halves and hour <= _HALF:  # of 午後1時-5時, the second
            raise ValueError(clock[0])
        minutes = 30 if clock["thirty"] else int(clock["minute"] or clock["minutes"] or 0)
        return f"{hour}:{minutes:02}"

    return _CLOCK.sub(told, text)


def _days(text: str) -> Iterator[Weekday]:
    """`mon-wed,fri`, `月-水,金`, `平日,土`, `土日`. Raises ValueError."""
    for part in text.split(","):
        if together := _TOGETHER.get(part):
            yield from together
            continue
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
