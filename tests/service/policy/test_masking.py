"""Placeholders: out of texts, back into answers, at every split."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.personal_data.detect import find
from jimae.service.personal_data.escapes import Plain, plain
from jimae.service.policy.looking import Looked, look, pieces
from jimae.service.policy.masking import Masker, Restorer, restore
from jimae.service.policy.placeholders import LABELS, LONGEST, PATTERN, Placeholder, quoted
from jimae.service.policy.rules import Rule as PolicyRule
from jimae.service.policy.rules import Treatment, treatments
from jimae.service.policy.words import Word, prohibited
from jimae.store.policy_tables import EVERYBODY

VALUES = {Placeholder("phone", 1): "03-1234-5678", Placeholder("mail", 12): "a@b.jp"}
ALL_MASKED = [
    PolicyRule(kind, EVERYBODY, kind, "any", "admin", Treatment("mask", "low")) for kind in LABELS
]


def masked(texts: Sequence[str]) -> Looked:
    return look(pieces(texts), treatments(ALL_MASKED, (), trusted=True), [])


def values_of(looked: Looked) -> Mapping[Placeholder, str]:
    return looked.values.get(0, {})


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


sentences = st.sampled_from(
    (
        "マイナンバー123456789018", "03-1234-5678", "０３－１２３４－５６７８", "090-1234-5678",
        "a@b.jp", "カード4111 1111 1111 1111", "東京都千代田区霞が関1-2-3", "は", "\n",
        "【電話番号1】", "\\n", "\\\\", '\\"', r"\u5c71\u7530様", r"090\-1234\-5678", r"\u0030",
        "[電話番号２]", "【", "】", "山田様", "生年月日:昭和50年4月1日",
    )
)  # fmt: skip
texts = st.lists(st.lists(sentences, max_size=8).map("。".join), min_size=1, max_size=4)


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
    for value in values_of(looked).values():
        assert not any(value in text for text in looked.texts)
        # So that it can be put back into JSON that a model writes.
        assert json.dumps(value, ensure_ascii=False) == f'"{value}"'


@given(texts)
def test_the_same_value_has_the_same_placeholder_and_comes_back(given_texts: list[str]) -> None:
    looked = masked(given_texts)
    written = {m[0] for text in given_texts for m in PATTERN.finditer(text)}
    assert not {str(placeholder) for placeholder in values_of(looked)} & written
    for before, after in zip(given_texts, looked.texts, strict=True):
        back = restore(after, values_of(looked))
        # A telephone in full width comes back as it was written first, and without escapes.
        narrow = str.maketrans("０１２３４５６７８９－", "0123456789-")
        assert plain(back).translate(narrow) == plain(before).translate(narrow)


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
    assert (
        restore("【電話番号1】と【電話番号2】", values_of(looked)) == "【電話番号1】と03-1234-5678"
    )


def test_values_are_in_no_description() -> None:
    looked = masked(["03-1234-5678"])
    assert "1234" not in repr(looked)
    assert "1234" not in str(looked.findings)
    assert "1234" not in repr(Masker(["03-1234-5678"]))


def test_a_value_that_is_masked_once_is_masked_where_nothing_names_it() -> None:
    rules = [PolicyRule("r", EVERYBODY, "my_number", "any", "admin", Treatment("mask", "high"))]
    looked = look(
        pieces(["マイナンバーは1234-5678-9018です", "123456789018の人は?"]),
        treatments(rules, (), trusted=True),
        [],
    )
    assert looked.texts[1] == "〔マイナンバー1〕の人は?"
    assert [(one.kind, one.count, one.action) for one in looked.findings] == [
        ("my_number", 2, "mask")
    ]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (r'{"tel": "\u0030\u0039\u0030-1234-5678"}', '{"tel": "〔電話番号1〕"}'),
        (r'{"tel": "a\n090-1234-5678"}', r'{"tel": "a\n〔電話番号1〕"}'),
        (r'{"tel": "090\/1234"}', r'{"tel": "090\/1234"}'),
        (r'{"of": "{\"tel\": \"\\u0030\\u0039\\u0030-1234-5678\"}"}',
         r'{"of": "{\"tel\": \"〔電話番号1〕\"}"}'),
        (r"090\-1234\-5678|06", "〔電話番号1〕|06"),
        (r"\ud842\udfb7野家は090-1234-5678", r"\ud842\udfb7野家は〔電話番号1〕"),
    ],
)  # fmt: skip
def test_escapes_hide_nothing(sent: str, shown: str) -> None:
    looked = masked([sent])
    assert looked.texts == (shown,)
    assert set(values_of(looked).values()) <= {"090-1234-5678"}


def test_a_prohibited_word_is_found_behind_escapes() -> None:
    word = Word("w", EVERYBODY, "暁計画", "暁計画", "admin", "warn")
    assert [prohibited(text, [word]) for text in ("暁計画", r"\u6681\u8a08\u753b", "暁")] == [
        [word], [word], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("masked_json", "told"),
    [
        ('{"n": 〔マイナンバー1〕}', '{"n": "〔マイナンバー1〕"}'),
        ('{"n": "〔マイナンバー1〕", "m": [〔電話番号1〕, 2]}',
         '{"n": "〔マイナンバー1〕", "m": ["〔電話番号1〕", 2]}'),
        (r'{"n": "\"〔電話番号1〕"}', r'{"n": "\"〔電話番号1〕"}'),
        ('{"n": "〔電話番号1〕', '{"n": "〔電話番号1〕'),
    ],
)  # fmt: skip
def test_a_placeholder_in_place_of_a_number_is_a_text(masked_json: str, told: str) -> None:
    assert quoted(masked_json) == told


@given(st.text(alphabet=["\\", "u", "n", "5", "c", "7", "1", "d", "8", '"', "0", "山"]))
def test_every_place_of_what_is_read_has_one_in_what_was_written(text: str) -> None:
    read = Plain(text)
    places = [read.place(at) for at in range(len(read.text) + 1)]
    assert places == sorted(set(places))
    assert places[0] == 0 or text.startswith("\\")
    assert places[-1] == len(text)
    for at, character in enumerate(read.text):
        written = text[places[at] : places[at + 1]]
        assert written == character or written.startswith("\\")


@given(st.recursive(st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_json_reads_as_what_it_says(value: object) -> None:
    def texts_in(inner: object) -> list[str]:
        if isinstance(inner, list):
            return [text for one in inner for text in texts_in(one)]
        return [str(inner)]

    sent = json.dumps(value)
    for text in texts_in(value):
        if not re.search(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]", text):
            assert text in plain(sent)
