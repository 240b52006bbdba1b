from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.tuning.choice import (
    best_chunk,
    best_threads,
    pick,
    smallest_of_the_best,
    thread_counts,
)
from jimae.tuning.messages import Measured, Quality, Speed, ThreadSpeed


def measured(one: float, many: float, change: float | None) -> Measured:
    quality = None if change is None else Quality(100, 10 * (1 + change), change)
    return Measured((), Speed(2, {512: 80.0}, {1: one, 8: many}, 0.1), quality)


@pytest.mark.parametrize(
    ("cores", "counts"),
    [
        (1, (1,)),
        (2, (1, 2)),
        (6, (1, 2, 3, 4, 5, 6)),
        (8, (2, 3, 4, 6, 7, 8)),
        (64, (11, 22, 32, 43, 54, 64)),
    ],
)
def test_counts_of_threads(cores: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(cores) == counts


@given(st.integers(1, 512))
def test_counts_rise_to_the_cores(cores: int) -> None:
    counts = thread_counts(cores)

    assert counts[-1] == cores
    assert list(counts) == sorted(set(counts))
    assert len(counts) <= 6


def test_threads_that_gain_nothing_are_left_alone() -> None:
    speeds = [
        ThreadSpeed(1, 40, 12, 15),
        ThreadSpeed(2, 80, 20, 25),
        ThreadSpeed(4, 81, 20, 25),
        ThreadSpeed(8, 60, 10, 12),
    ]

    assert best_threads(speeds) == 2


def test_a_loss_in_one_speed_weighs_against_a_gain_in_another() -> None:
    assert best_threads([ThreadSpeed(2, 80, 20, 25), ThreadSpeed(4, 90, 10, 25)]) == 2
    assert best_threads([ThreadSpeed(2, 80, 20, 25), ThreadSpeed(4, 160, 19, 25)]) == 4


def test_the_smallest_of_equals() -> None:
    assert smallest_of_the_best({32: 60.0, 64: 98.0, 512: 100.0}) == 64
    assert smallest_of_the_best({32: 60.0, 64: 90.0, 512: 100.0}) == 512


def test_a_step_keeps_room_for_answers() -> None:
    assert best_chunk({32: 100.0, 64: 100.0, 128: 99.0, 512: 100.0}) == 128
    assert best_chunk({32: 55.0, 64: 84.0, 128: 82.0, 512: 90.0}) == 512
    assert best_chunk({32: 55.0, 64: 84.0}) == 64


def test_one_user_and_many_may_want_different_formats() -> None:
    picks = pick([measured(25, 26, 0.0), measured(22, 37, 0.04)], 8)

    assert picks == (0, 1)


def test_the_finer_of_two_formats_that_are_as_fast() -> None:
    assert pick([measured(25, 30, 0.0), measured(25.5, 30.5, 0.04)], 8) == (0, 0)
    assert pick([measured(25, 30, 0.0), measured(25.5, 29.9, -0.01)], 8) == (1, 1)


def test_a_format_that_loses_too_much_is_never_picked() -> None:
    assert pick([measured(25, 26, 0.0), measured(80, 90, 0.3)], 8) == (0, 0)


def test_speed_alone_decides_when_quality_was_not_measured() -> None:
    assert pick([measured(25, 26, None), measured(30, 60, None)], 8) == (1, 1)
