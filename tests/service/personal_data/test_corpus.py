"""How well each kind is found in sentences of offices, and that the page for operators says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from jimae.service.personal_data.detect import find
from service.personal_data.corpus import scores, sentences, table

DOCS = Path(__file__).parents[3] / "docs" / "policy.md"
# The least that a change may make of it; names are known to be found in part only.
LEAST = {"name": (1.0, 0.85), "address": (0.95, 0.9)}


def test_the_corpus_has_enough_of_both() -> None:
    positive, negative = list(sentences("positive")), list(sentences("negative"))
    assert len(positive) >= 150
    assert len(negative) >= 150
    assert all(sentence.spans for sentence in positive)
    assert not any(sentence.spans for sentence in negative)


@pytest.mark.parametrize("kind", sorted(scores(find)))
def test_a_kind_is_found_and_little_else(kind: str) -> None:
    score = scores(find)[kind]
    precision, recall = LEAST.get(kind, (1.0, 1.0))
    assert score.there >= 5
    assert score.precision >= precision, score
    assert score.recall >= recall, score


def test_sentences_that_were_written_later_are_found_too() -> None:
    found = scores(find, "held_out_positive", "held_out_negative")
    names = found.pop("name")
    assert names.right >= 5
    assert names.wrong == 0
    assert all(score.precision == score.recall == 1.0 for score in found.values()), found


def test_the_page_for_operators_tells_these_figures() -> None:
    assert table(scores(find)) in DOCS.read_text(encoding="utf-8")
