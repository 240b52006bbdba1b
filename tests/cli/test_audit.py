"""`jimae audit`: at the terminal, over the database of a data directory."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jimae.cli.console import words
from jimae.cli.main import app
from jimae.service.audit.sealing import read_keys
from jimae.settings import Settings, load
from jimae.store.store import Store
from service.audit.test_search import fill


@pytest.fixture
def folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with six records, of an answer each and two acts."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")

    async def begin() -> None:
        store = Store(settings)
        await store.open()
        await fill(store)
        await store.close()

    asyncio.run(begin())
    return settings.data_dir


def run(folder: Path, *arguments: str, code: int = 0, given: str | None = None) -> str:
    done = CliRunner().invoke(app, ["audit", *arguments, "--data-dir", str(folder)], input=given)
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.stdout


def test_searching(folder: Path) -> None:
    lines = run(folder, "search", "--account", "花子").splitlines()
    assert len(lines) == 2
    assert "花子 (総務課)  answer.end  done  qwen" in lines[0]
    found = json.loads(run(folder, "search", "--word", "見積", "--json"))
    assert [one["seq"] for one in found] == [3]
    nothing = ["audit", "search", "--until", "2020-01-01", "--data-dir", str(folder)]
    done = CliRunner().invoke(app, nothing)
    assert (done.stdout, done.stderr.strip()) == (
        "",
        words("No record fits.", "条件に合う記録はありません。"),
    )
    assert (
        len(run(folder, "search", "--since", "2020-01-01T00:00", "--limit", "3").split("\n")) == 4
    )
    run(folder, "search", "--since", "yesterday", code=2)


def test_showing_what_was_written_is_recorded(folder: Path) -> None:
    assert "written" not in json.loads(run(folder, "show", "1"))
    told = json.loads(run(folder, "show", "1", "--content"))
    assert told["written"]["prompts"][0]["text"] == "午後の会議の案内を書いて"
    (last, *_) = json.loads(run(folder, "search", "--json"))
    assert (last["act"], last["via"], last["account"]["id"]) == (
        "audit.read",
        "terminal",
        "terminal",
    )


def test_an_export_is_proved_without_the_server(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    run(folder, "export", str(file), "--content")
    key = json.loads(run(folder, "checkpoint", "--json"))["key"]
    assert file.stat().st_mode & 0o777 == 0o600
    told = run(folder, "verify", str(file), "--key", key)
    assert "The log is whole." in told
    assert key in told
    file.write_text(file.read_text().replace("花子", "太郎"))
    told = run(folder, "verify", str(file), "--key", key, code=1)
    assert "records 1 to 2: changed" in told
    assert "THE LOG IS BROKEN." in told
    run(folder, "export", str(tmp_path / "log.csv"), "--format", "csv", "--encoding", "cp932")
    assert "花子" in (tmp_path / "log.csv").read_bytes().decode("cp932")


def test_the_database_is_proved(folder: Path) -> None:
    told = run(folder, "checkpoint")
    assert "records: 6" in told
    assert json.loads(run(folder, "verify", "--json"))["ok"]
    with sqlite3.connect(folder / "jimae.db") as file:
        file.execute("UPDATE audit_records SET name = '次郎' WHERE seq = 2")
    file.close()
    told = run(folder, "verify", code=1)
    assert "record 2: the columns by which it is searched" in told


def test_keeping_holding_and_deleting(folder: Path) -> None:
    assert json.loads(run(folder, "retention")) == {"metadata": 1826, "content": 365}
    assert json.loads(run(folder, "retention", "--content", "30"))["content"] == 30
    assert json.loads(run(folder, "retention", "--now"))["certificates"] == []
    run(folder, "hold", "--account", "acc-1", code=2)
    (hold,) = json.loads(run(folder, "hold", "--group", "総務課", "--reason", "訴訟"))
    assert (hold["group"], hold["reason"]) == ("grp-1", "訴訟")
    assert json.loads(run(folder, "hold")) == [hold]

    wanted = ("delete", "--since", "2020-01-01", "--reason", "請求")
    run(folder, *wanted, code=1, given="n\n")
    told = run(folder, *wanted, given="y\n")
    (certificate,) = json.loads(told[told.index("[\n") :])
    assert certificate["ranges"] == [[3, 4]]
    assert json.loads(run(folder, "hold", "--lift", hold["id"])) == []
    (certificate,) = json.loads(run(folder, *wanted, "--yes"))
    assert certificate["ranges"] == [[1, 2]]
    assert len(run(folder, "certificates").splitlines()) == 2
    run(folder, "delete", "--reason", "all", code=2)
    assert "The log is whole." in run(folder, "verify")


def test_a_key_is_added_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    for count in (1, 2):
        done = CliRunner().invoke(app, ["audit", "encryption-key", str(file)])
        assert done.exit_code == 0
        assert len(read_keys(file)) == count
    assert file.stat().st_mode & 0o777 == 0o600
    settings = load(environ={}, overrides={"audit.encryption_keys": str(file)})
    assert settings.audit.encryption_keys == file
