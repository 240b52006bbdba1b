"""Hours of the week."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimae.errors import JimaeError
from jimae.service.limits.days import Days
from jimae.service.limits.hours import WEEK, Window, is_open, minute, opens, parse

DAYS = Days("Asia/Tokyo")
OFFICE = Window(("mon", "tue", "wed", "thu", "fri"), "08:30", "17:15")
NIGHT = Window(("fri",), "22:00", "05:00")
# 2026-11-23 is a Monday.
MONDAY = datetime.fromisoformat("2026-11-23T00:00:00+09:00")

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
windows = st.builds(
    Window, st.lists(st.sampled_from(WEEK), min_size=1, max_size=7).map(tuple), times, times
)


def when(day: int, time: str) -> datetime:
    return MONDAY + timedelta(days=day, minutes=minute(time))


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        (0, "08:29", False),
        (0, "08:30", True),
        (4, "17:14", True),
        (4, "17:15", False),
        (5, "12:00", False),
    ],
)
def test_an_office(day: int, time: str, expected: bool) -> None:
    assert OFFICE.holds(when(day, time)) is expected


@pytest.mark.parametrize(
    ("day", "time", "expected"),
    [
        (4, "21:59", False),
        (4, "22:00", True),
        (5, "04:59", True),
        (5, "05:00", False),
        (4, "04:00", False),
        (5, "22:00", False),
    ],
)
def test_a_night_goes_on_into_the_next_day(day: int, time: str, expected: bool) -> None:
    assert NIGHT.holds(when(day, time)) is expected


def test_a_whole_day() -> None:
    window = Window(("mon",), "00:00", "24:00")

    assert window.holds(when(0, "23:59"))
    assert not window.holds(when(1, "00:00"))


def test_all_have_to_be_open() -> None:
    morning = Window(WEEK, "00:00", "12:00")

    assert is_open([[OFFICE], [morning]], when(0, "11:59"))
    assert not is_open([[OFFICE], [morning]], when(0, "12:00"))
    assert is_open([], when(6, "03:00"))
    assert not is_open([[]], when(0, "12:00"))


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (when(0, "07:00"), when(0, "08:30")),
        (when(0, "18:00"), when(1, "08:30")),
        (when(4, "17:15"), when(7, "08:30")),
    ],
)
def test_the_office_opens(now: datetime, then: datetime) -> None:
    assert opens([[OFFICE]], DAYS, now.timestamp()) == then.timestamp()


def test_it_never_opens_where_hours_exclude_each_other() -> None:
    assert opens([[OFFICE], [NIGHT]], DAYS, when(0, "12:00").timestamp()) is None


def test_an_hour_that_the_clock_leaps_over() -> None:
    """On 8 March 2026 there was no 02:30 in New York: it opens with what came instead."""
    days = Days("America/New_York")
    now = datetime.fromisoformat("2026-03-08T00:00:00-05:00").timestamp()
    found = opens([[Window(("sun",), "02:30", "04:00")]], days, now)

    assert found is not None
    assert days.told(found) == "2026-03-08 03:30 EDT"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(windows, min_size=1, max_size=3), min_size=1, max_size=2), st.data())
def test_the_first_open_minute_is_found(hours: list[list[Window]], data: st.DataObject) -> None:
    """Compared with a look at every minute of a week."""
    now = MONDAY + timedelta(minutes=data.draw(st.integers(0, 7 * 24 * 60 - 1)))
    if is_open(hours, now):
        return
    minutes = (now + timedelta(minutes=ahead) for ahead in range(1, 7 * 24 * 60 + 1))
    expected = next((each.timestamp() for each in minutes if is_open(hours, each)), None)

    assert opens(hours, DAYS, now.timestamp()) == expected


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (("mon", "tue", "wed", "thu", "fri"), "mon-fri"),
        (("sat", "sun"), "sat,sun"),
        (("sun", "mon", "tue", "wed"), "mon-wed,sun"),
    ],
)
def test_it_is_told_shortly(days: tuple[str, ...], told: str) -> None:
    assert Window(days, "08:00", "19:00").told() == f"{told} 08:00-19:00"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["8:00", "25:00", "24:01", "12:60", "12", "１２:００", "-1:00"])
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        minute(text)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("mon-fri 08:00-19:00", "mon-fri 08:00-19:00"),
        ("Mon-Fri 8:00-19:00", "mon-fri 08:00-19:00"),
        ("月-金 9:00-18:00", "mon-fri 09:00-18:00"),
        ("月〜金　９：００〜１８：００", "mon-fri 09:00-18:00"),
        ("月曜日～金曜日 9:00～18:00", "mon-fri 09:00-18:00"),
        ("月曜から", None),
        ("土、日 0:00-24:00", "sat,sun 00:00-24:00"),
        ("月・水, fri 22:00-5:00", "mon,wed,fri 22:00-05:00"),
        ("日曜9:00-12:00", "sun 09:00-12:00"),
        ("平日 9時-18時", "mon-fri 09:00-18:00"),
        ("平日 9時半〜午後6時", "mon-fri 09:30-18:00"),
        ("平日 ９時半〜１７時４５分", "mon-fri 09:30-17:45"),
        ("平日 午前9時から午後6時まで", "mon-fri 09:00-18:00"),
        ("平日、土曜日 午前 8:30 - 18:00", "mon-sat 08:30-18:00"),
        ("土日 0時-24時", "sat,sun 00:00-24:00"),
        ("毎日 午後0時-午後11時5分", "mon-sun 12:00-23:05"),
        ("月 午後10時-午前5時", "mon 22:00-05:00"),
        # Five in the morning or in the afternoon, noon or midnight: nobody can tell.
        ("平日 午後1時-5時", None),
        ("平日 午前9時-12時", None),
        ("平日 午後12時-18時", None),
        ("平日 午後13時-18時", None),
        ("平日 9時90分-18時", None),
        ("平日 25時-26時", None),
        ("平日-土 9時-18時", None),
        ("金-月 9:00-18:00", None),
        ("日-月 9:00-18:00", None),
        ("月 24:00-25:00", None),
        ("月 9:00-25:00", None),
        ("月 9:60-10:00", None),
        ("月-  9:00-10:00", None),
        ("月曜曜 9:00-10:00", None),
        ("9:00-18:00", None),
        ("月-金", None),
        ("", None),
    ],
)
def test_windows_as_people_write_them(written: str, told: str | None) -> None:
    if told is None:
        with pytest.raises(JimaeError) as refused:
            parse(written)
        assert refused.value.code == "hours_unreadable"
        for language in ("en", "ja"):
            assert "月-金 9:00-18:00" in refused.value.message(language)
            assert "mon-fri 08:00-19:00" in refused.value.message(language)
        return
    window = parse(written)
    assert window.told() == told
    assert parse(window.told()) == window


@given(windows)
def test_what_is_told_of_a_window_is_read_back(window: Window) -> None:
    days = tuple(day for day in WEEK if day in window.days)
    assert parse(window.told()) == Window(days, window.begin, window.end)
