"""How a key is written."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimae.service import key_text


def test_a_key_is_one() -> None:
    key = key_text.make()

    assert re.fullmatch(r"jm-[0-9A-Za-z]{38}", key)
    assert key_text.is_key(key)


def test_no_two_are_the_same() -> None:
    assert len({key_text.make() for _ in range(1000)}) == 1000


@settings(deadline=None)
@given(st.integers(3, 40), st.sampled_from(key_text.DIGITS))
def test_one_wrong_character_is_told(place: int, character: str) -> None:
    key = "jm-" + "aB3" * 10 + "xY"
    key += key_text._check(key[3:])
    wrong = key[:place] + character + key[place + 1 :]

    assert key_text.is_key(wrong) == (wrong == key)


@settings(deadline=None)
@given(st.integers(3, 39))
def test_two_characters_the_other_way_round_are_told(place: int) -> None:
    key = key_text.make()
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]

    assert key_text.is_key(swapped) == (swapped == key)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_other_texts_are_no_keys(text: str) -> None:
    assert not key_text.is_key(text)


@pytest.mark.parametrize("cut", [0, 1, 3, 20, 40])
def test_a_part_is_no_key(cut: int) -> None:
    assert not key_text.is_key(key_text.make()[:cut])


def test_what_is_shown_is_not_enough_to_guess_the_rest() -> None:
    hidden = len(key_text.make()) - key_text.SHOWN - key_text.CHECK

    assert len(key_text.DIGITS) ** hidden > 2**128


def test_a_scanner_finds_keys() -> None:
    """As a secret scanner is told to look: a prefix, a length, and the check."""
    key = key_text.make()
    text = f"OPENAI_API_KEY={key}\nnot=jm-{'a' * 38}\n"
    found = [one for one in re.findall(r"jm-[0-9A-Za-z]{38}", text) if key_text.is_key(one)]

    assert found == [key]
