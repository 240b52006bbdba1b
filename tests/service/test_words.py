"""Words: what is found by them is what a look at the texts themselves finds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service import words
from jimae.service.words import Word

CHARACTERS = "あアｱがガｶﾞＡaＢb午後請求見積書㈱①ーßé e\u0301 　\n🗼"
TEXTS = st.text(alphabet=st.sampled_from(CHARACTERS) | st.characters(codec="utf-8"), max_size=40)
OWNER = "alice"


def has(index: str, word: Word) -> bool:
    entries = index.split(" ")
    if word.begins:
        return any(entry.startswith(word.text) for entry in entries)
    return word.text in entries


@given(TEXTS, st.data())
def test_every_part_of_a_text_is_found_by_its_words(text: str, data: st.DataObject) -> None:
    whole = words.folded(text)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + words.LONGEST_TERM)))
    terms = words.terms_of(whole[start:end])
    assert words.found(text, terms)
    index = words.indexed(text, OWNER)
    assert all(has(index, word) for word in words.wanted(terms, OWNER))


@given(TEXTS, TEXTS)
def test_spans_are_where_the_terms_are(text: str, query: str) -> None:
    terms = words.terms_of(query)
    found = words.spans(text, terms)
    assert found == sorted(found)
    assert all(first[1] < second[0] for first, second in pairwise(found))
    for start, end in found:
        piece = words.folded(text[start:end])
        assert any(term in piece for term in terms)
    assert bool(found) == any(term in words.folded(text) for term in terms)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("午後の会議", "午後"),
        ("請求書を送る", "請求"),
        ("見積もり", "見積"),
        ("見積もり", "積"),
        ("データの分析", "ﾃﾞｰﾀ"),
        ("ＡＢＣ株式会社", "abc"),
        ("㈱自前", "(株)自前"),
        ("カタカナ", "かたかな"),
        ("会議は午後、請求は明日", "請求 会議"),
        ("Straße", "STRASSE"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_what_people_look_for(text: str, query: str) -> None:
    assert words.found(text, words.terms_of(query))
    assert words.spans(text, words.terms_of(query))


@pytest.mark.parametrize(
    ("text", "query"), [("午前の後", "午後"), ("求請", "請求"), ("あ い", "あい")]
)
def test_what_is_not_there_is_not_found(text: str, query: str) -> None:
    assert not words.found(text, words.terms_of(query))


def test_words_say_whose_they_are() -> None:
    assert not has(words.indexed("午後", "alice"), words.wanted((), "bob")[0])
    assert has(words.indexed("午後", "alice"), words.wanted((), "alice")[0])


def test_a_span_covers_characters_as_they_were_written() -> None:
    assert words.spans("半角ｶﾞｽの㈱", words.terms_of("ガス 株")) == [(2, 5), (6, 7)]
