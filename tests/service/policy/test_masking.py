"""Placeholders: out of texts, back into answers, at every split."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.personal_data.detect import find
from jimae.service.policy.looking import Looked, look
from jimae.service.policy.masking import Masker, Restorer, restore
from jimae.service.policy.placeholders import LABELS, LONGEST, PATTERN, Placeholder
from jimae.service.policy.rules import Rule as PolicyRule
from jimae.service.policy.rules import Treatment, treatments
from jimae.store.policy_tables import EVERYBODY

VALUES = {Placeholder("phone", 1): "03-1234-5678", Placeholder("mail", 12): "a@b.jp"}
ALL_MASKED = [
    PolicyRule(kind, EVERYBODY, kind, "any", "admin", Treatment("mask", "low")) for kind in LABELS
]


def masked(texts: Sequence[str]) -> Looked:
    return look(texts, treatments(ALL_MASKED, (), trusted=True), [])


# What is near to a placeholder, and so what a mistake would be made with.
bits = st.sampled_from(
    (
        "【", "】", "[", "］", "電話番号", "電話", "番号", "メールアドレス", "1", "１", "2", "12",
        " ", "_", "　", "【電話番号1】", "［電話番号１］", "(メールアドレス_12)", "【住所1】",
        "です", "\n", "0" * 6,
    )
)  # fmt: skip
answers = st.lists(bits, max_size=20).map("".join)


@given(answers, st.data())
def test_splits_make_no_difference(answer: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=8)))
    restorer = Restorer(VALUES)
    edges = [0, *cuts, len(answer)]
    said = [restorer.add(answer[a:b]) for a, b in pairwise(edges)]
    assert "".join(said) + restorer.end() == restore(answer, VALUES)


@given(answers)
def test_no_more_is_held_back_than_a_placeholder_is_long(answer: str) -> None:
    restorer = Restorer(VALUES)
    said = "".join(restorer.add(character) for character in answer)
    whole = restore(answer, VALUES)
    assert whole.startswith(said)
    assert len(restorer.end()) < LONGEST


@given(answers)
def test_only_placeholders_that_were_given_are_restored(answer: str) -> None:
    assert restore(answer, {}) == answer
    others = PATTERN.sub("", restore(answer, VALUES))
    for value in VALUES.values():
        others = others.replace(value, "")
    assert others == re.sub(PATTERN, "", answer)


@pytest.mark.parametrize(
    ("said", "restored"),
    [
        ("【電話番号1】", "03-1234-5678"),
        ("**【電話番号１】**", "**03-1234-5678**"),
        ("[電話番号1]", "03-1234-5678"),
        ("［ 電話番号　１ ］", "03-1234-5678"),
        ("<電話番号_1>", "03-1234-5678"),
        ("【電話番号2】", "【電話番号2】"),
        ("【電話番号】", "【電話番号】"),
        ("電話番号1", "電話番号1"),
        ("【住所1】", "【住所1】"),
        ("【【電話番号1】】", "【03-1234-5678】"),
        ('{"tel": "【電話番号1】"}', '{"tel": "03-1234-5678"}'),
    ],
)
def test_what_a_model_makes_of_a_placeholder(said: str, restored: str) -> None:
    assert restore(said, VALUES) == restored


pieces = st.sampled_from(
    (
        "マイナンバー123456789018", "03-1234-5678", "０３－１２３４－５６７８", "090-1234-5678",
        "a@b.jp", "カード4111 1111 1111 1111", "東京都千代田区霞が関1-2-3", "は", "\n",
        "【電話番号1】",
        "[電話番号２]", "【", "】", "山田様", "生年月日:昭和50年4月1日",
    )
)  # fmt: skip
texts = st.lists(st.lists(pieces, max_size=8).map("。".join), min_size=1, max_size=4)


@given(texts)
def test_the_rest_of_a_text_is_unchanged_and_no_value_is_left(given_texts: list[str]) -> None:
    looked = masked(given_texts)
    assert len(looked.texts) == len(given_texts)
    for before, after in zip(given_texts, looked.texts, strict=True):
        kept: list[str] = []
        end = 0
        for one in find(before):
            kept += [re.escape(before[end : one.start]), "〔[^〕]+〕"]
            end = one.end
        assert re.fullmatch("".join((*kept, re.escape(before[end:]))), after)
    for value in looked.values.values():
        assert not any(value in text for text in looked.texts)


@given(texts)
def test_the_same_value_has_the_same_placeholder_and_comes_back(given_texts: list[str]) -> None:
    looked = masked(given_texts)
    written = {m[0] for text in given_texts for m in PATTERN.finditer(text)}
    assert not {str(placeholder) for placeholder in looked.values} & written
    for before, after in zip(given_texts, looked.texts, strict=True):
        back = restore(after, looked.values)
        # A telephone in full width comes back as it was written first.
        narrow = str.maketrans("０１２３４５６７８９－", "0123456789-")
        assert back.translate(narrow) == before.translate(narrow)


def test_a_conversation_that_grows_keeps_its_numbers() -> None:
    turns = ["03-1234-5678です", "はい", "090-1234-5678も03-1234-5678も", "06-1234-5678"]
    before: tuple[str, ...] = ()
    for length in range(1, len(turns) + 1):
        looked = masked(turns[:length])
        assert looked.texts[: len(before)] == before
        before = looked.texts
    assert before[2] == "〔電話番号2〕も〔電話番号1〕も"


def test_a_number_that_somebody_wrote_is_not_given_out() -> None:
    looked = masked(["03-1234-5678と［電話番号１］は同じ?"])
    assert looked.texts == ("〔電話番号2〕と［電話番号１］は同じ?",)
    assert restore("【電話番号1】と【電話番号2】", looked.values) == "【電話番号1】と03-1234-5678"


def test_values_are_in_no_description() -> None:
    looked = masked(["03-1234-5678"])
    assert "1234" not in repr(looked)
    assert "1234" not in str(looked.findings)
    assert "1234" not in repr(Masker(["03-1234-5678"]))


def test_a_value_that_is_masked_once_is_masked_where_nothing_names_it() -> None:
    rules = [PolicyRule("r", EVERYBODY, "my_number", "any", "admin", Treatment("mask", "high"))]
    looked = look(
        ["マイナンバーは1234-5678-9018です", "123456789018の人は?"],
        treatments(rules, (), trusted=True),
        [],
    )
    assert looked.texts[1] == "〔マイナンバー1〕の人は?"
    assert [(one.kind, one.count, one.action) for one in looked.findings] == [
        ("my_number", 2, "mask")
    ]
