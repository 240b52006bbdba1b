"""Tables of people: encodings, headings, and what a line says."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.errors import JimaeError
from jimae.service.accounts.sheet import Row, read, role_of

JAPANESE = (
    "サインイン名,表示名,メール,権限,グループ\r\n"
    "hanako,佐藤花子,hanako@example.jp,利用者,総務課、広報委員会\r\n"
    "taro,髙橋太郎①,,,\r\n"
)
ROWS = (
    Row(2, "hanako", "佐藤花子", "hanako@example.jp", "利用者", ("総務課", "広報委員会")),
    Row(3, "taro", "髙橋太郎①"),
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_as_spreadsheets_in_japan_save_it(encoding: str) -> None:
    sheet = read(JAPANESE.encode(encoding), "people.csv")
    assert sheet.rows == ROWS
    assert sheet.headings["display_name"] == "表示名"
    assert sheet.unused == ()


def test_tabs_and_english_headings() -> None:
    data = b"name\tDisplay Name\tE-mail\tgroups\nhanako\tHanako, Sato\th@example.jp\tA; B;A\n"
    (row,) = read(data, "-").rows
    assert row == Row(2, "hanako", "Hanako, Sato", "h@example.jp", "", ("A", "B"))


@pytest.mark.parametrize(
    ("headings", "name", "shown"),
    [
        ("名前", "1", ""),
        ("名前,表示名", "1", "2"),
        ("ユーザーＩＤ,名前", "1", "2"),
        ("氏名,ログイン名", "2", "1"),
        ("Name,User Name", "2", "1"),
        ("ﾕｰｻﾞｰ名,社員名", "1", "2"),
    ],
)
def test_which_column_is_the_name_to_sign_in_with(headings: str, name: str, shown: str) -> None:
    cells = ",".join(str(number + 1) for number in range(headings.count(",") + 1))
    (row,) = read(f"{headings}\n{cells}\n".encode(), "-").rows
    assert (row.name, row.display_name) == (name, shown)


def test_lines_are_those_of_the_file_and_empty_ones_are_nobody() -> None:
    data = 'name,groups,内線\n\n,,\nhanako,"総務課\n広報課",1\n\n" taro "\njiro,,2,\nsaburo,,3,x\n'
    sheet = read(data.encode(), "-")
    assert sheet.rows == (
        Row(4, "hanako", groups=("総務課", "広報課")),
        Row(7, "taro"),
        Row(8, "jiro"),
    )
    assert sheet.unused == ("内線",)
    assert sheet.torn == (9,)


@pytest.mark.parametrize(
    ("data", "code", "told"),
    [
        (b"", "people_file_empty", "p.csv"),
        (b"name\n", "people_file_empty", "p.csv"),
        ("名前\nあ".encode("utf-16"), "people_file_encoding", "p.csv"),
        (b"PK\x03\x04\0\0", "people_file_encoding", "p.csv"),
        (b"name\n\xff\xfe\xfd", "people_file_encoding", "p.csv"),
        ("課,表示名\nあ,い".encode(), "people_file_heading", "課, 表示名"),
        ("氏名,表示名,login\n1,2,3".encode(), "people_file_heading_twice", "表示名"),
        (b'name\nhanako\n"taro\njiro\n', "people_file_quotes", "3"),
        (b'name\n"han"ako\n', "people_file_quotes", "2"),
    ],
)
def test_files_that_are_no_table_of_people(data: bytes, code: str, told: str) -> None:
    with pytest.raises(JimaeError) as refused:
        read(data, "p.csv")
    assert refused.value.code == code
    assert told in refused.value.message("ja")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("", "user"),
        ("利用者", "user"),
        (" Ａｄｍｉｎ ", "admin"),
        ("グループ管理者", "manager"),
        ("監査担当", "auditor"),
        ("社長", None),
    ],
)
def test_roles_in_both_languages(text: str, role: str | None) -> None:
    assert role_of(text) == role


cells = st.text(
    st.characters(codec="cp932", exclude_categories=("C",), exclude_characters="¢£¬‖−〜\xa0"),
    max_size=12,
)


@given(st.lists(st.tuples(st.sampled_from("abc"), cells), min_size=1, max_size=5))
def test_whatever_a_cell_holds_comes_back(people: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerows([("サインイン名", "表示名"), *people])
    for encoding in ("utf-8-sig", "cp932"):
        rows = read(out.getvalue().encode(encoding), "-").rows
        assert [(row.name, row.display_name) for row in rows] == [
            (name, shown.strip()) for name, shown in people
        ]
