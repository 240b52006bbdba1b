"""Sign-in names: one name is one person, however it was typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.errors import JimaeError
from jimae.service.accounts.names import PUNCTUATION, cut, folded, sign_in_name
from jimae.store.account_tables import NAME_LENGTH

SAME = [
    ("yamada", "ＹＡＭＡＤＡ"),
    ("yamada", " Yamada "),
    ("山田", "山田\ufe00"),
    ("葛西", "葛\U000e0100西"),
    ("がぎ", "か\u3099き\u3099"),
    ("ガ", "ｶﾞ"),
    ("strasse", "straße"),
    ("é", "E\u0301"),
    ("m.sato@example.jp", "M.Sato＠example.JP"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_name(one: str, other: str) -> None:
    assert sign_in_name(one) == sign_in_name(other)


@pytest.mark.parametrize(("one", "other"), [("がっこう", "かつこう"), ("ひ", "ヒ"), ("a.b", "ab")])
def test_different_names(one: str, other: str) -> None:
    assert sign_in_name(one) != sign_in_name(other)


@pytest.mark.parametrize(
    "name",
    ["a b", "a\u200bb", "a\x00", "a\nb", "a\u202eb", "a\u3164b", "a/b", "😀", "\x7fa"],
)
def test_what_cannot_be_in_a_name(name: str) -> None:
    with pytest.raises(JimaeError) as raised:
        sign_in_name(name)
    assert raised.value.code == "name_unusable"


@pytest.mark.parametrize("name", ["", "  ", "\ufe0f", "a" * (NAME_LENGTH + 1), "㍿" * 40])
def test_no_name_or_too_much_of_one(name: str) -> None:
    with pytest.raises(JimaeError) as raised:
        sign_in_name(name)
    assert raised.value.code == "name_length"


@given(st.text(max_size=40))
def test_folding_again_changes_nothing(text: str) -> None:
    once = folded(text)
    assert folded(once) == once
    assert unicodedata.is_normalized("NFKC", once)


@given(st.text(max_size=20))
def test_case_and_width_do_not_matter(text: str) -> None:
    assert folded(text.upper()) == folded(text.upper().lower())
    assert folded(unicodedata.normalize("NFKD", text)) == folded(text)


@given(st.text(max_size=300))
def test_what_is_a_name_can_be_seen_and_compared(text: str) -> None:
    try:
        name = sign_in_name(text)
    except JimaeError:
        return
    assert sign_in_name(name) == name == cut(name)
    assert 0 < len(name) <= NAME_LENGTH
    assert name.isprintable()
    assert all(letter in PUNCTUATION or unicodedata.category(letter)[0] in "LMN" for letter in name)


def test_every_character_folds_to_what_stays() -> None:
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:
            once = folded(chr(code))
            assert folded(once) == once
