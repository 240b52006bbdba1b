"""A disk without room, as a command meets it: the error says which, and nothing is half done.

Here no file may grow, which the kernel refuses as it does on a full disk.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.process import jimae

ADMIN = ("users", "add", "yamada", "--role", "admin", "--one-time")
# Less than the 32 KiB that SQLite makes beside a database when it opens it.
TOO_LITTLE = 20_000


def test_a_start_says_which_disk_is_full(tmp_path: Path) -> None:
    code, said = jimae("serve", "--port", "0", data_dir=tmp_path, room=0)
    assert code == 1
    assert f"保存先（{tmp_path}）のディスクがいっぱい" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("language", ["ja_JP.UTF-8", "en_US.UTF-8"])
def test_a_database_that_has_no_room_to_be_opened_says_so(tmp_path: Path, language: str) -> None:
    assert jimae(*ADMIN, data_dir=tmp_path)[0] == 0
    code, said = jimae("users", "list", data_dir=tmp_path, language=language, room=TOO_LITTLE)
    assert code == 1
    assert str(tmp_path) in said
    assert ("ディスクがいっぱい" if language.startswith("ja") else "is full") in said
    assert jimae("users", "list", data_dir=tmp_path)[0] == 0
    assert jimae("audit", "verify", data_dir=tmp_path)[0] == 0
