"""Counters in memory."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given, settings
from hypothesis import strategies as st

from jimae.service.limits.meters import Meters, Tokens
from jimae.service.limits.rules import Subject

YAMADA = Subject("account", "a")
DAYS = ["2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01", "2026-12-02"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(DAYS), st.integers(0, 1000))))
def test_tokens_of_each_day_and_of_its_month(used: list[tuple[str, int]]) -> None:
    """Answers end in any order, and a clock can be wrong for a while in either direction."""
    meters = Meters()
    of_day, of_month = Counter[str](), Counter[str]()
    for day, tokens in used:
        meters.add([YAMADA], day, tokens)
        of_day[day] += tokens
        of_month[day[:7]] += tokens
    for day in DAYS:
        assert meters.tokens(YAMADA, day) == Tokens(day, of_day[day], of_month[day[:7]])


def test_a_year_of_days_keeps_a_whole_month_of_them() -> None:
    meters = Meters()
    for month in range(1, 13):
        for day in range(1, 32):
            meters.add([YAMADA], f"2026-{month:02}-{day:02}", 1)
    assert meters.tokens(YAMADA, "2026-12-31").of_month == 31
    assert meters.tokens(YAMADA, "2026-06-30").of_month == 0


def test_a_new_day_begins_with_nothing() -> None:
    meters = Meters()
    meters.add([YAMADA], "2026-11-29", 100)
    meters.add([YAMADA], "2026-11-30", 10)

    assert meters.tokens(YAMADA, "2026-11-30") == Tokens("2026-11-30", 10, 110)
    assert meters.tokens(YAMADA, "2026-12-01") == Tokens("2026-12-01", 0, 0)


def test_threads_lose_nothing() -> None:
    meters = Meters()
    with ThreadPoolExecutor(8) as threads:
        for _ in range(4000):
            threads.submit(meters.add, [YAMADA], "2026-11-23", 1)

    assert meters.tokens(YAMADA, "2026-11-23").of_month == 4000


def test_a_clock_that_is_set_back_counts_a_request_for_no_longer_than_its_window() -> None:
    meters = Meters()
    for at in (100.0, 86400.0, 86401.0):
        meters.request(YAMADA, at)
    assert list(meters.requests(YAMADA, 110.0)) == [100.0, 110.0, 110.0]
    meters.request(YAMADA, 111.0)
    assert list(meters.requests(YAMADA, 165.0)) == [110.0, 110.0, 111.0]
    assert not meters.requests(YAMADA, 171.0)


def test_the_window_slides() -> None:
    meters = Meters()
    for at in (0.0, 30.0, 59.0):
        meters.request(YAMADA, at)

    assert list(meters.requests(YAMADA, 59.9)) == [0.0, 30.0, 59.0]
    assert list(meters.requests(YAMADA, 60.0)) == [30.0, 59.0]
    assert list(meters.requests(YAMADA, 119.0)) == []


def test_nothing_is_kept_of_who_is_not_there() -> None:
    meters = Meters()
    for number in range(100):
        subject = Subject("account", str(number))
        meters.request(subject, 0.0)
        meters.begin([subject], 2)
        meters.end([subject], 2)
        meters.requests(subject, 100.0)

    assert not meters._times
    assert not meters._answers
