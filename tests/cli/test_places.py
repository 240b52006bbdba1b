"""Data directories and files that are not what somebody meant: told in a line, and left as they
are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fakes.process import jimae

ADMIN = ("users", "add", "yamada", "--role", "admin", "--one-time")


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "verify"),
        ("keys", "add", "yamada", "minutes"),
    ],
    ids=" ".join,
)
def test_a_slip_in_the_data_directory_makes_nothing_there(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    slip = tmp_path / "jimea"
    code, said = jimae(*arguments, data_dir=slip)
    assert code == 1
    assert f"{slip} に jimae.db がありません" in said
    assert not slip.exists()


def test_an_administrator_can_be_made_before_the_first_start(tmp_path: Path) -> None:
    assert jimae(*ADMIN, data_dir=tmp_path / "new")[0] == 0
    assert jimae("users", "list", data_dir=tmp_path / "new")[0] == 0


def test_a_place_that_cannot_be_used_is_named_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for place, arguments in ((file, ADMIN), (Path("/proc/none"), ("serve", "--port", "0"))):
        code, said = jimae(*arguments, data_dir=place)
        assert code == 1
        assert f"{place} を使えません" in said
        assert said.count("\n") == 1

    assert jimae(*ADMIN, data_dir=tmp_path)[0] == 0
    unwritable = str(tmp_path / "none" / "log.jsonl")
    code, said = jimae("audit", "export", unwritable, data_dir=tmp_path)
    assert code == 1
    assert said.startswith(f"エラー: {unwritable} を使えません: ")
    assert said.count("\n") == 1


def test_texts_that_are_not_there_or_not_utf8_are_named(tmp_path: Path) -> None:
    assert jimae(*ADMIN, data_dir=tmp_path)[0] == 0
    cp932 = tmp_path / "規程.md"
    cp932.write_bytes("# 利用規程".encode("cp932"))
    code, said = jimae("policy", "check", str(cp932), data_dir=tmp_path)
    assert code == 1
    assert "規程.md は UTF-8 のテキストではありません" in said
    code, said = jimae("policy", "check", str(tmp_path / "none"), data_dir=tmp_path)
    assert code == 1
    assert f"{tmp_path / 'none'} を使えません" in said


def test_commands_that_are_named_are_those_for_the_same_directory(tmp_path: Path) -> None:
    """Without it, an administrator would be made in the usual directory, and the server would
    refuse to start as before."""
    place = tmp_path / "役場 の データ"
    code, said = jimae("serve", "--host", "0.0.0.0", "--port", "0", data_dir=place)  # noqa: S104
    assert code == 1
    assert "jimae users add" in said
    assert f"--data-dir '{place}'" in said
    shutil.rmtree(place)
    code, said = jimae("serve", "--port", "0", data_dir=place)
    assert code == 1
    assert "jimae pull" in said
    assert f"--data-dir '{place}'" in said

    damaged = place / "models" / "cut.gguf"
    damaged.parent.mkdir()
    damaged.write_bytes(b"GGUF\x03\0\0\0")
    code, said = jimae("serve", "--port", "0", data_dir=place)
    assert code == 1
    assert f"{damaged} は使える GGUF ファイルではありません" in said
    assert "jimae pull ID" in said
