"""What is found, where exactly, how surely; and that nothing takes long."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.personal_data import card, corporate_number, my_number
from jimae.service.personal_data.detect import find
from jimae.service.personal_data.found import Found

WIDE = str.maketrans("0123456789- ", "０１２３４５６７８９－　")
LABELS = ("マイナンバー", "個人番号：", "通知カードの番号は ", "My Number: ", "ﾏｲﾅﾝﾊﾞｰ=")

elevens = st.text("0123456789", min_size=11, max_size=11)
# What people write around a number: no digit, letter or hyphen that would make it longer.
around = st.text(st.sampled_from("。、です様 \n（）「」"), max_size=12)


@st.composite
def my_numbers(draw: st.DrawFn) -> str:
    first = draw(elevens)
    whole = first + str(my_number.check_digit(first))
    if len(set(whole)) == 1:
        whole = "123456789018"
    return whole


def written(number: str, join: str, wide: bool) -> str:
    text = join.join((number[:4], number[4:8], number[8:]))
    return text.translate(WIDE) if wide else text


def of_kind(found: tuple[Found, ...], kind: str) -> list[Found]:
    return [one for one in found if one.kind == kind]


# 総務省令: 検査用数字 of the examples that municipalities print.
@pytest.mark.parametrize(("first", "digit"), [("12345678901", 8), ("11111111111", 8)])
def test_the_check_digit_of_my_number(first: str, digit: int) -> None:
    assert my_number.check_digit(first) == digit


@given(elevens)
def test_remainders_of_0_and_1_give_0(first: str) -> None:
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11
    assert my_number.check_digit(first) == (0 if rest in (0, 1) else 11 - rest)


@given(
    my_numbers(), st.sampled_from(LABELS), st.sampled_from(("", "-", " ")), st.booleans(), around
)
def test_every_my_number_with_its_name_is_found_at_its_place(
    number: str, label: str, join: str, wide: bool, tail: str
) -> None:
    value = written(number, join, wide)
    text = f"提出分。{label}{value}{tail}"
    (found,) = of_kind(find(text), "my_number")
    assert text[found.start : found.end] == value
    assert found.confidence == "high"


@given(my_numbers(), st.integers(0, 11), st.integers(1, 9))
def test_with_a_digit_changed_it_is_none(number: str, at: int, by: int) -> None:
    digit = (int(number[at]) + by) % 10
    changed = f"{number[:at]}{digit}{number[at + 1 :]}"
    found = of_kind(find(f"マイナンバーは{changed}です"), "my_number")
    # Remainders of 0 and 1 share a check digit: only those changes can pass.
    passes = my_number.check_digit(changed[:11]) == int(changed[11])
    assert bool(found) == passes
    if passes:
        assert at < 11
        assert changed[11] == "0"


@given(my_numbers())
def test_without_a_name_it_is_unsure_and_under_another_even_more(number: str) -> None:
    assert all(one.confidence == "low" for one in find(f"結果は{number}でした"))
    assert all(one.confidence == "low" for one in find(f"個人番号ではない注文番号: {number}"))


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("4111111111111111", True),
        ("378282246310005", True),
        ("3530111333300000", True),
        ("4111111111111112", False),
        ("9111111111111111", False),
    ],
)
def test_cards_have_an_issuer_and_a_check_digit(number: str, good: bool) -> None:
    assert (card.is_issued(number) and card.passes_luhn(number)) == good
    assert bool(of_kind(find(f"カード番号 {number}"), "card")) == good


def test_the_check_digit_of_a_corporation() -> None:
    assert corporate_number.check_digit("000012050002") == 7  # 国税庁


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("電話は(03)1234-5678へ", "(03)1234-5678"),
        ("電話は０３（１２３４）５６７８へ", "０３（１２３４）５６７８"),
        ("090ー1234ー5678", "090ー1234ー5678"),
        ("＋８１　９０　１２３４　５６７８", "＋８１　９０　１２３４　５６７８"),
        ("連絡先09012345678迄", "09012345678"),
        ("0120-123-456", "0120-123-456"),
    ],
)
def test_phones_however_they_are_written(text: str, value: str) -> None:
    (found,) = find(text)
    assert (found.kind, text[found.start : found.end]) == ("phone", value)


@pytest.mark.parametrize(
    "text",
    [
        "00-1234-5678",  # no area begins with 0
        "0123-456-7890",  # five digits of area and exchange, and four
        "090-123-4567",  # a mobile telephone has eleven
        "2026-11-23",
        "DWG-0120-444-444",
        "03-1234-5678-90",
    ],
)
def test_what_is_no_phone(text: str) -> None:
    assert not of_kind(find(text), "phone")


def test_examples_of_addresses_are_hardly_anybodys() -> None:
    (found,) = find("user@example.com")
    assert (found.confidence, found.why) == ("low", ("shape", "reserved"))


def test_the_header_of_a_table_names_its_columns() -> None:
    rows = "\n".join(f"社員{n},12345678{n:03}" for n in range(30))
    text = f"氏名,口座番号\n{rows}\n山本,7654321"
    (found,) = of_kind(find(text), "bank_account")
    assert text[found.start : found.end] == "7654321"
    assert not of_kind(find(text.replace("口座番号", "売上")), "bank_account")


pieces = st.sampled_from(
    (
        "マイナンバー", "123456789018", "1234-5678-9018", "03-1234-5678", "０９０", "-", "ー",
        "\n", "〒100-0013", "東京都千代田区霞が関", "3丁目", "1-2", "番地", "taro@", "city.lg.jp",
        "氏名:", "T7000012050002", "4111 1111 1111 1111", "昭和50年4月1日", "生まれ", "普通",
        "1234567", "AB12345678CD", "TR1234567", "(", ")", "+81", "カード", "、", "🏢", "様", " ",
    )
)  # fmt: skip


@given(st.lists(pieces, max_size=30).map("".join))
def test_findings_are_apart_and_in_order(text: str) -> None:
    found = find(text)
    for before, after in pairwise(found):
        assert before.end <= after.start
    for one in found:
        assert 0 <= one.start < one.end <= len(text)
        value = text[one.start : one.end]
        assert value == value.strip()
        # What stands in a string of JSON can be put back into one.
        assert not {'"', "\\", "\n", "\r"} & set(value)


@given(st.lists(pieces, max_size=20).map("".join), st.integers(1, 5))
def test_what_is_found_does_not_depend_on_what_comes_long_before(text: str, lines: int) -> None:
    before = "これは関係のない文章です。" * 10 + "\n\n"
    shift = len(before) * lines
    moved = [
        one._replace(start=one.start - shift, end=one.end - shift)
        for one in find(before * lines + text)
    ]
    assert tuple(moved) == find(text)


HOSTILE = {
    "zeros": "0",
    "zero-hyphen": "0-",
    "phones": "0120-444-444 ",
    "fours": "1234 ",
    "letters": "a",
    "at": "@",
    "mails": "a@a.",
    "labels": "a.",
    "towns": "東京都千代田区1",
    "cities": "市",
    "blocks": "丁目1",
    "surnames": "山田",
    "forms": "氏名:",
    "cards": "AB12345678",
    "eras": "昭和",
    "columns": "1234567\t",
    "open": "(0",
}


@pytest.mark.parametrize("piece", ["1", "-", " ", "1-", "1 "])
def test_a_mebibyte_of_numbers_takes_seconds(piece: str) -> None:
    assert seconds(piece, 1024 * 1024) < 20


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_long_text_of_anything_takes_no_longer(piece: str) -> None:
    assert seconds(piece, 128 * 1024) < 3


def seconds(piece: str, length: int) -> float:
    text = (piece * (length // len(piece) + 1))[:length]
    begun = time.process_time()
    find(text)
    return time.process_time() - begun


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("氏名,電話\n三枝葵,1\n五十棲 実,2", ["三枝葵", "五十棲 実"]),
        ("| 番号 | 氏名 |\n|---|---|\n| 1 | 柏木玲 |", ["柏木玲"]),
        ("部署\t担当者\n総務課\t小鳥遊茜\n\n総務課\t山田太郎", ["小鳥遊茜"]),
        ("氏名,電話\n未定,1\n合計,2件", []),
        ("氏名を記入し、\n捺印する", []),
        ("ジョン・スミス氏とメーカー様", ["ジョン・スミス"]),
        ("申請者　中村優子", ["中村優子"]),
        ("申請者 以下の通り", []),
        ("同席: 中嶋主任", ["中嶋"]),
        ("大原町長が挨拶", []),
        ("大原良子町長が挨拶", ["大原良子"]),
    ],
)
def test_names_where_a_form_a_table_or_a_title_says_so(text: str, names: list[str]) -> None:
    found = [one for one in find(text) if one.kind == "name" and one.confidence != "low"]
    assert [text[one.start : one.end] for one in found] == names


def test_places_are_those_of_the_text_as_it_was_written() -> None:
    for before in ("😀👨‍👩‍👧 ", "𠮷野家 ", r"{\"a\": \"\ud83d\ude00 ", "e\u0301 "):
        text = f"{before}電話は090-1234-5678です"
        (one,) = find(text)
        assert text[one.start : one.end] == "090-1234-5678"
