"""Lists on terminals of any width: nothing is lost."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from jimae.cli.main import app
from jimae.cli.tables import GAP, Column, filled, fitting

words = st.text(st.sampled_from("ab漢字かな 、"), max_size=30)
columns = st.lists(
    st.builds(Column, st.text("見出しH", min_size=1, max_size=6), st.booleans(), st.booleans()),
    min_size=1,
    max_size=7,
)


@given(columns, st.data(), st.integers(10, 160))
def test_a_table_fits_and_cuts_nothing_that_is_read_whole(
    columns: list[Column], data: st.DataObject, width: int
) -> None:
    row = st.tuples(*(words for _ in columns))
    rows = data.draw(st.lists(row, max_size=4))
    widths = fitting(columns, rows, width)
    if widths is None:
        return
    assert sum(widths) + GAP * (len(widths) - 1) <= width
    for at, column in enumerate(columns):
        assert widths[at] >= cell_len(column.heading)
        if column.whole or column.right:
            assert all(cell_len(one[at]) <= widths[at] for one in rows)


@given(st.data(), st.integers(10, 100))
def test_lines_of_a_row_hold_every_cell(data: st.DataObject, width: int) -> None:
    named = [Column(f"見出し{number}") for number in range(5)]
    row = data.draw(st.lists(words, min_size=5, max_size=5))
    lines = filled(named, row, width)
    for column, cell in list(zip(named, row, strict=True))[1:]:
        said = f"{column.heading}: {cell}"
        assert not cell or any(said in line for line in lines)
    for line in lines:
        assert cell_len(line) <= width or line.count(": ") == 1


def test_an_empty_list_has_its_headings() -> None:
    assert fitting([Column("名前"), Column("権限")], [], 60) == [4, 4]


# --- the commands -----------------------------------------------------------------------


def jimae(data_dir: Path, *arguments: str, columns: int | None = None) -> str:
    """What a command prints in Japanese, on so many columns."""
    environment = {"LC_ALL": "ja_JP.UTF-8", "COLUMNS": None if columns is None else str(columns)}
    wanted = [*arguments, "--data-dir", str(data_dir)]
    done = CliRunner(env=environment).invoke(app, wanted, input="とても長い合言葉-staple\n")
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done.stdout


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with people, groups and keys as an office has them."""
    path = tmp_path_factory.mktemp("office")
    add = ("users", "add", "sato.hanako@example.jp", "--display-name", "佐藤花子（総務課長補佐）")
    jimae(path, *add, "--role", "admin", "--password-stdin")
    purpose = "議事録と文書の作成、庁内からの問い合わせへの回答案の作成、資料の要約と校正"
    jimae(path, "groups", "add", "総務部総務課", "--purpose", purpose)
    jimae(path, "groups", "add", "広報委員会")
    for group in ("総務部総務課", "広報委員会"):
        jimae(path, "groups", "join", group, "sato.hanako@example.jp", "--manages")
    key = ("keys", "add", "sato.hanako@example.jp", "議事録の下書きを作るプログラム")
    jimae(path, *key, "--area", "write", "--area", "models", "--model", "qwen3.5-9b", "--days", "9")
    return path


@pytest.mark.parametrize("width", [60, 80, 120, None])
@pytest.mark.parametrize(
    ("command", "headings", "whole"),
    [
        (
            ("users", "list"),
            ("表示名", "権限", "グループ", "登録元", "最終利用", "状態"),
            ("sato.hanako@example.jp", "admin", "利用中"),
        ),
        (("groups", "list"), ("人数", "利用目的"), ("総務部総務課", "広報委員会")),
        (
            ("keys", "list"),
            ("持ち主", "用途", "状態", "期限", "最終使用", "作成", "範囲", "モデル"),
            ("有効",),
        ),
        (
            ("usage", "--by", "person"),
            ("リクエスト", "拒否", "失敗", "入力トークン", "回答トークン", "待ち 平均", "95%"),
            ("合計",),
        ),
        (
            ("models",),
            ("メモリー", "サイズ", "ライセンス", "日本語 平均/MT", "得意"),
            ("qwen2.5-coder-1.5b", "1.12 GB", ".431/.726"),
        ),
    ],
)
def test_nothing_is_lost_at_any_width(
    office: Path,
    command: tuple[str, ...],
    headings: tuple[str, ...],
    whole: tuple[str, ...],
    width: int | None,
) -> None:
    shown = jimae(office, *command, columns=width)
    for word in (*headings, *whole):
        assert word in shown
    assert "…" not in shown.replace("jm-", "", 1) or command[0] == "keys"
    if width is not None and command[0] != "models":
        assert max(map(cell_len, shown.splitlines())) <= width


def test_a_key_is_whole_at_any_width(office: Path) -> None:
    (key,) = json.loads(jimae(office, "keys", "list", "--json"))
    for width in (60, 80, 120):
        shown = jimae(office, "keys", "list", columns=width)
        assert f"{key['prefix']}…" in shown
        for at in ("expires_at", "created_at"):
            day = datetime.fromtimestamp(key[at], ZoneInfo("Asia/Tokyo"))
            assert f"{day:%Y-%m-%d}" in shown
