from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.bench.stats import drift, paired_ratios, percentile, spread

VALUES = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40)


@given(VALUES, st.floats(0, 100))
def test_a_percentile_is_a_value_with_that_share_at_or_below_it(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= percent / 100 * len(values) - 1e-9
    assert sum(value < found for value in values) <= percent / 100 * len(values)


def test_the_95th_of_eight_is_the_slowest() -> None:
    assert percentile([1, 2, 3, 4, 5, 6, 7, 8], 95) == 8
    assert percentile([1, 2, 3, 4], 50) == 2
    assert math.isnan(percentile([], 50))


def test_spread_passes_over_runs_without_a_value() -> None:
    found = spread([3.0, math.nan, 1.0, 2.0])
    assert (found.median, found.low, found.high) == (2.0, 1.0, 3.0)
    assert math.isnan(spread([math.nan]).median)


@given(VALUES, st.floats(0.5, 2))
def test_ratios_are_taken_within_a_run(values: list[float], factor: float) -> None:
    ratios = paired_ratios([value * factor for value in values], values)
    assert ratios == pytest.approx([factor] * len(values))


def test_runs_without_a_value_have_no_ratio() -> None:
    assert paired_ratios([2.0, math.nan, 3.0], [1.0, 1.0, math.nan]) == [2.0]


def test_drift_compares_the_last_third_with_the_first() -> None:
    assert drift([1, 1, 1, 5, 5, 5, 2, 2, 2]) == 2
    assert math.isnan(drift([1, 2, 3]))
