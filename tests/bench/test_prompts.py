from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.bench import prompts
from jimae.bench.prompts import calibrate


@given(st.integers(1, 60), st.integers(1, 40), st.floats(0.5, 4), st.integers(200, 4000))
def test_calibration_finds_the_line(
    overhead: int, marked: int, per_word: float, target: int
) -> None:
    one, two = overhead + marked, overhead + 2 * marked
    found = calibrate(one, two, round(one + 200 * per_word), 200)
    assert (found.overhead, found.marked) == (overhead, marked)
    tokens = marked + found.words_for(target) * found.per_word
    assert abs(tokens - target) <= found.per_word


def test_sizes_that_do_not_grow_are_refused() -> None:
    with pytest.raises(ValueError, match="do not grow"):
        calibrate(10, 20, 10, 64)
    with pytest.raises(ValueError, match="do not grow"):
        calibrate(10, 10, 74, 64)


def test_salts_differ_and_are_equally_long() -> None:
    rng = random.Random(1)  # noqa: S311
    salts = [prompts.salt(rng) for _ in range(1000)]
    assert len(set(salts)) == 1000
    assert {len(one) for one in salts} == {prompts.SALT_DIGITS}


def test_a_document_begins_with_its_salt_and_has_its_words() -> None:
    text = prompts.document("1 2", 300)
    assert text.startswith("Note 1 2 : the people")
    assert len(text.split()) == 4 + 300
