"""`jimae policy`: on the database, beside a server."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from fakes.people import account, group
from jimae.cli.main import app
from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.service.policy import texts
from jimae.service.policy.looking import pieces
from jimae.service.policy.policy import Policy
from jimae.settings import Settings
from jimae.store.store import Store

YAMADA = Caller(id="acc_a", name="yamada", via="session", groups=("grp_1",))
PHONE = "電話は03-1234-5678です"


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    store = Store(settings)
    await store.open()

    def fill(session: Session) -> None:
        session.add_all([account("acc_a", "yamada"), group("grp_1", "総務課")])

    await store.write(fill)
    yield store
    await store.close()


def run(settings: Settings, *arguments: str) -> Result:
    """In a thread, as in a process of its own: it has an event loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        wanted = ["policy", *arguments, "--data-dir", str(settings.data_dir)]
        return thread.submit(CliRunner().invoke, app, wanted).result()


def done(settings: Settings, *arguments: str) -> str:
    result = run(settings, *arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


async def test_a_rule_of_the_terminal_holds_in_a_server_that_runs(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jimae.service.policy.policy.FRESH_SECONDS", 0.0)
    policy = Policy(store)
    assert (await policy.look(YAMADA, "fake", pieces([PHONE]))).texts == (PHONE,)
    done(settings, "rules", "--set", "phone=mask", "--group", "総務課")
    looked = await policy.look(YAMADA, "fake", pieces([PHONE]))
    assert looked.texts == ("電話は〔電話番号1〕です",)
    (rule,) = json.loads(done(settings, "rules", "--json"))["rules"]
    assert (rule["owner"], rule["kind"], rule["treatment"]["action"]) == ("grp_1", "phone", "mask")
    assert "総務課: phone → mask" in done(settings, "rules")
    done(settings, "rules", "--remove", rule["id"])
    assert json.loads(done(settings, "rules", "--json"))["rules"] == []


async def test_models_are_trusted_one_by_one(settings: Settings, store: Store) -> None:
    done(settings, "rules", "--trust", "fake", "--trust", "other")
    done(settings, "rules", "--distrust", "fake")
    assert json.loads(done(settings, "rules", "--json"))["trusted"] == ["other"]


async def test_words_are_prohibited_and_allowed_again(settings: Settings, store: Store) -> None:
    done(settings, "words", "--add", "極秘*資料", "--add", "暁", "--warn")
    listed = json.loads(done(settings, "words", "--json"))
    assert [(one["word"], one["action"]) for one in listed] == [
        ("極秘*資料", "warn"),
        ("暁", "warn"),
    ]
    done(settings, "words", *(x for one in listed for x in ("--remove", one["id"])))
    assert json.loads(done(settings, "words", "--json")) == []


async def test_a_text_is_published_and_accepted(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    for lang in ("ja", "en"):
        (tmp_path / f"{lang}.md").write_text(
            CliRunner().invoke(app, ["policy", "template", "--lang", lang]).stdout
        )
    files = ("--ja", str(tmp_path / "ja.md"), "--en", str(tmp_path / "en.md"))
    refused = run(settings, "publish", *files).exception
    assert isinstance(refused, JimaeError)
    assert refused.code == "policy_unfilled"
    assert "[組織名], [その他の業務], [担当部署]" in refused.message("ja")
    for lang in ("ja", "en"):
        file = tmp_path / f"{lang}.md"
        file.write_text(re.sub(r"\[([^\]]+)\]", r"\1", file.read_text()))
    assert "1" in done(settings, "publish", *files)
    assert "マイナンバー" in done(settings, "show", "--lang", "ja")
    assert "My Number" in done(settings, "show", "--lang", "en")
    assert json.loads(done(settings, "accepted", "--json"))[0]["accepted_at"] is None
    await store.write(lambda session: texts.accept(session, YAMADA, 1))
    (one,) = json.loads(done(settings, "accepted", "--json"))
    assert (one["name"], one["accepted_at"] > 0) == ("yamada", True)
    (tmp_path / "en.md").write_text(" \n")
    assert run(settings, "publish", *files).exit_code == 2


async def test_a_file_is_checked_without_telling_its_values(
    settings: Settings, store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "mail.txt"
    file.write_text(f"こんにちは\n{PHONE}\n", encoding="utf-8")
    said = done(settings, "check", str(file))
    assert said == "2:4  phone (high) → warn\n"
    assert "1234" not in done(settings, "check", str(file), "--json")


@pytest.mark.parametrize("wrong", ["phone=burn", "fax=warn", "phone"])
async def test_what_there_is_not_is_refused(settings: Settings, store: Store, wrong: str) -> None:
    result = run(settings, "rules", "--set", wrong)
    assert isinstance(result.exception, JimaeError)
    assert result.exception.code == "invalid_choice"
