"""The text of use to begin with, and what of it is still to be filled in."""

from __future__ import annotations

import re

import pytest

from jimae.service.policy.template import template, unfilled


@pytest.mark.parametrize("text", template(), ids=("ja", "en"))
def test_every_place_of_the_template_is_found_until_it_is_filled_in(text: str) -> None:
    places = list(dict.fromkeys(re.findall(r"\[[^\]]+\]", text)))
    assert len(places) > 4
    assert unfilled(text) == places
    assert unfilled(text.replace(places[0], "千代田区")) == places[1:]
    assert unfilled(re.sub(r"[\[\]]", "", text)) == []


def test_a_place_is_known_in_brackets_of_another_width() -> None:
    assert unfilled("この規程は、［組織名］と [ 担当部署 ] の約束です。") == [
        "[組織名]",
        "[担当部署]",
    ]


def test_brackets_of_markdown_and_of_the_organisation_stay() -> None:
    text = "- [ ] 確認\n- [x] 済\n[連絡先](mailto:ai@example.jp)\n注[1]\n[1]: https://example.jp\n[重要]"
    assert unfilled(text) == []
