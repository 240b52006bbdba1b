"""Days and months where the server is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimae.service.limits.days import Days

TOKYO = Days("Asia/Tokyo")
ZONES = ["Asia/Tokyo", "UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu"]
TIMES = st.floats(1_600_000_000, 2_500_000_000)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-11-23T14:59:59+00:00", "2026-11-23"),
        ("2026-11-23T15:00:00+00:00", "2026-11-24"),
        ("2026-12-31T15:00:00+00:00", "2027-01-01"),
    ],
)
def test_a_day_turns_at_midnight_in_tokyo(utc: str, day: str) -> None:
    assert TOKYO.day(at(utc)) == day


def test_today_goes_by_the_clock() -> None:
    assert Days("Asia/Tokyo", lambda: at("2026-11-23T15:00:00+00:00")).today() == "2026-11-24"


@settings(deadline=None)
@given(TIMES, st.sampled_from(ZONES))
def test_tomorrow_is_the_first_time_of_another_day(now: float, zone: str) -> None:
    days = Days(zone)
    then = days.tomorrow(now)

    assert now < then <= now + 25 * 3600
    assert days.day(then) != days.day(now)
    assert days.day(then - 1) == days.day(now)


@settings(deadline=None)
@given(TIMES, st.sampled_from(ZONES))
def test_the_next_month_begins_on_its_first_day(now: float, zone: str) -> None:
    days = Days(zone)
    then = days.next_month(now)
    local = datetime.fromtimestamp(then, UTC).astimezone(ZoneInfo(zone))

    assert (local.day, local.hour, local.minute) == (1, 0, 0)
    assert days.day(then - 1)[:7] == days.day(now)[:7]


def test_it_is_told_with_its_zone() -> None:
    assert TOKYO.told(at("2026-11-23T15:00:00+00:00")) == "2026-11-24 00:00 JST"
