"""`jimae users import`: the real command, from a file of a spreadsheet to people who sign in."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from fakes.process import ENVIRONMENT, Process
from jimae.cli.user_import import kept
from jimae.errors import JimaeError

PASSWORD = "とても長い合言葉-staple"  # noqa: S105
TABLE = (
    "名前,表示名,権限,部署,内線\r\n"
    "hanako,佐藤花子,グループ管理者,総務課,1\r\n"
    "taro,髙橋太郎,,総務課、広報課,2\r\n"
    "-jiro,=1+1,,,\r\n"
)


def jimae(
    data_dir: Path, *arguments: str, typed: bytes = b"", columns: int = 100
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error, in Japanese."""
    done = subprocess.run(
        [sys.executable, "-m", "jimae.cli.main", *arguments, "--data-dir", str(data_dir)],
        env=ENVIRONMENT | {"COLUMNS": str(columns)},
        input=typed,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A data directory with an administrator."""
    add = ("users", "add", "root", "--role", "admin", "--password-stdin")
    assert jimae(tmp_path, *add, typed=PASSWORD.encode())[0] == 0
    return tmp_path


def names(data_dir: Path) -> list[str]:
    return [one["name"] for one in json.loads(jimae(data_dir, "users", "list", "--json")[1])]


def test_from_a_table_to_signing_in(begun: Path, processes: list[Process]) -> None:
    file, passwords = begun / "名簿.csv", begun / "初回.csv"
    file.write_bytes(TABLE.encode("cp932"))

    code, plan, said = jimae(begun, "users", "import", str(file), "--make-groups", "--dry-run")
    assert code == 0
    assert re.search(r"taro +3 +作成 +髙橋太郎 +user +総務課, 広報課", plan)
    assert "使わない列: 内線" in said
    assert "新しいグループ: 総務課, 広報課" in said
    assert "作成 3 人、変更 0 人、変更なし 0 人。" in said
    assert "何も変更していません" in said
    assert names(begun) == ["root"]

    imported = ("users", "import", str(file), "--passwords", str(passwords))
    code, out, said = jimae(begun, *imported, "--make-groups")
    assert (code, out) == (0, "")
    assert str(passwords) in said
    assert names(begun) == ["-jiro", "hanako", "root", "taro"]
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    data = passwords.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by it"
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [(row["サインイン名"], row["表示名"]) for row in rows] == [
        ("hanako", "佐藤花子"),
        ("taro", "髙橋太郎"),
        ("'-jiro", "'=1+1"),
    ]

    server = Process(begun, delay=0.01, drain=0.5)
    processes.append(server)
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        signing = {"name": "taro", "password": rows[1]["初回パスワード"]}
        answer = client.post("/jimae/session", json=signing).json()
        assert answer["me"]["must_change_password"] is True
        assert [group["name"] for group in answer["me"]["groups"]] == ["総務課", "広報課"]

    before = data
    code, _, said = jimae(begun, *imported, "--update")
    assert (code, passwords.read_bytes()) == (1, before)
    assert "既にあり" in said
    code, out, said = jimae(begun, "users", "import", str(file), "--update")
    assert (code, out) == (0, "")
    assert "作成 0 人、変更 0 人、変更なし 3 人。" in said


def test_every_line_that_is_wrong_is_told_and_no_file_is_left(begun: Path) -> None:
    passwords = begun / "passwords.csv"
    table = "name,role,groups\nroot,,\ntaro,社長,無い課\nhanako,,\n".encode()
    code, out, said = jimae(
        begun, "users", "import", "-", "--passwords", str(passwords), typed=table
    )
    assert (code, out) == (1, "")
    lines = said.splitlines()
    assert lines[0].startswith("2 行目: アカウント「root」は既にあります。")
    assert lines[1].startswith("3 行目: 「社長」という権限はありません。")
    assert "グループ管理者" in lines[1]
    assert lines[2].startswith("3 行目: グループ「無い課」はありません。")
    assert "--make-groups" in lines[2]
    assert lines[3].startswith("エラー: 何も変更していません。")
    assert "3 件" in lines[3]
    assert not passwords.exists()
    assert names(begun) == ["root"]


def test_a_file_that_cannot_be_written_leaves_nobody_without_a_password(begun: Path) -> None:
    passwords = begun / "missing" / "passwords.csv"
    code, _, said = jimae(
        begun, "users", "import", "-", "--passwords", str(passwords), typed=b"name\ntaro\n"
    )
    assert code == 1
    assert "passwords.csv" in said
    assert "Traceback" not in said
    assert names(begun) == ["root"]


def test_many_are_told_how_long_it_takes_and_come_out_as_csv(begun: Path) -> None:
    people = [f"person{number}" for number in range(40)]
    table = "\n".join(("name", *people)).encode()
    code, out, said = jimae(begun, "users", "import", "-", typed=table)
    assert code == 0
    assert re.search(r"40 人のパスワードを作っています（約 \d+ 秒）", said)
    rows = list(csv.reader(io.StringIO(out.removeprefix("\ufeff"), newline="")))
    assert [row[0] for row in rows[1:]] == people
    assert len({row[2] for row in rows[1:]}) == 40
    assert "作成 40 人" in said


def test_a_file_that_is_no_table_is_refused(begun: Path) -> None:
    code, _, said = jimae(begun, "users", "import", "-", typed=b"PK\x03\x04\0\0")
    assert code == 1
    assert "CSV UTF-8（コンマ区切り）" in said
    code, _, said = jimae(begun, "users", "import", str(begun / "none.csv"))
    assert code == 1
    assert "none.csv を使えません: ファイルまたはディレクトリーがありません" in said


def test_no_passwords_are_left_of_people_who_were_not_made(tmp_path: Path) -> None:
    file = tmp_path / "passwords.csv"
    read: list[bytes] = []

    def refused() -> None:
        with kept(file, b"secret"):
            read.append(file.read_bytes())
            raise JimaeError("no_account")

    with pytest.raises(JimaeError):
        refused()
    assert read == [b"secret"], "it is there before anybody could sign in with it"
    assert not file.exists()
    file.write_bytes(b"of somebody else")
    with pytest.raises(JimaeError, match="already"), kept(file, b"secret"):
        raise AssertionError
    assert file.read_bytes() == b"of somebody else"
