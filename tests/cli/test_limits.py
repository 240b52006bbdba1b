"""`jimae keys`, `jimae limits` and `jimae usage`: on the database, while a server has it too."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from fakes.people import account, group, member
from jimae.cli.main import app
from jimae.errors import JimaeError
from jimae.service import keys as service
from jimae.service.caller import LOCAL, Caller
from jimae.service.limits.limits import Limits
from jimae.settings import Settings
from jimae.store.audit_tables import AuditRecord
from jimae.store.store import Store
from jimae.store.usage_tables import LedgerEntry

YAMADA = Caller(id="acc_a", name="yamada", via="session", groups=("grp_1",))


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """Open as a server's is, with two people and a group."""
    store = Store(settings)
    await store.open()

    def fill(session: Session) -> None:
        session.add_all([account("acc_a", "yamada"), account("acc_b", "suzuki")])
        session.add(group("grp_1", "総務課"))
        session.flush()
        session.add(member("acc_a", "grp_1"))

    await store.write(fill)
    yield store
    await store.close()


def run(settings: Settings, *arguments: str) -> Result:
    """In a thread of its own, as in a process of its own: it has an event loop of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        wanted = [*arguments, "--data-dir", str(settings.data_dir)]
        return thread.submit(CliRunner().invoke, app, wanted).result()


def done(settings: Settings, *arguments: str) -> str:
    result = run(settings, *arguments)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.stdout


def failed(settings: Settings, *arguments: str) -> str:
    result = run(settings, *arguments)
    assert isinstance(result.exception, JimaeError), result.output
    return result.exception.code


# --- keys -------------------------------------------------------------------------------


async def test_a_key_is_made_listed_and_revoked(settings: Settings, store: Store) -> None:
    made = done(settings, "keys", "add", "ＹＡＭＡＤＡ", "議事録", "--area", "write", "--days", "2")
    secret = made.split()[-1]
    row = await store.read(lambda session: service.find(session, secret))
    assert (row.account_id, row.name, row.areas) == ("acc_a", "議事録", ["write"])
    assert row.expires_at == pytest.approx(time.time() + 2 * 24 * 3600, abs=60)

    assert "議事録" in done(settings, "keys", "list")
    (listed,) = json.loads(done(settings, "keys", "list", "--person", "yamada", "--json"))
    assert (listed["id"], listed["revoked_at"]) == (row.id, None)
    assert secret not in json.dumps(listed)
    assert json.loads(done(settings, "keys", "list", "--person", "suzuki", "--json")) == []

    done(settings, "keys", "revoke", row.prefix)
    with pytest.raises(JimaeError) as refused:
        await store.read(lambda session: service.find(session, secret))
    assert refused.value.code == "key_revoked"


async def test_keys_that_cannot_be(settings: Settings, store: Store) -> None:
    assert failed(settings, "keys", "add", "nobody", "a") == "subject_unknown"
    assert failed(settings, "keys", "add", "yamada", "a", "--area", "all") == "invalid_choice"
    assert failed(settings, "keys", "add", "yamada", "a", "--days", "0") == "key_expiry_past"
    assert failed(settings, "keys", "revoke", "jm-000000") == "subject_unknown"


async def test_the_terminal_is_on_record(settings: Settings, store: Store) -> None:
    done(settings, "keys", "add", "yamada", "a")
    done(settings, "limits", "set", "--everybody", "--answers-at-once", "1")
    done(settings, "usage")

    def bodies(session: Session) -> list[str]:
        return list(session.scalars(select(AuditRecord.body).order_by(AuditRecord.seq)))

    records = [json.loads(body) for body in await store.read(bodies)]
    assert [record["act"] for record in records] == [
        "key.create",
        "limit.set",
        "statistics.export",
    ]
    assert {record["account"]["id"] for record in records} == {"terminal"}


# --- limits -----------------------------------------------------------------------------


async def test_a_limit_holds_at_once_where_a_server_runs(settings: Settings, store: Store) -> None:
    limits = Limits(store, "Asia/Tokyo")
    await limits.open()
    (await limits.admit(YAMADA, "qwen3")).release()

    done(settings, "limits", "set", "--group", "総務課", "--model", "gemma")
    with pytest.raises(JimaeError) as refused:
        await limits.admit(YAMADA, "qwen3")
    assert refused.value.code == "model_not_allowed"

    done(settings, "limits", "set", "--group", "総務課", "--model", "none")
    (await limits.admit(YAMADA, "qwen3")).release()


async def test_only_what_is_given_changes(settings: Settings, store: Store) -> None:
    person = ("--person", "yamada")
    done(settings, "limits", "set", *person, "--tokens-per-day", "1_000", "--answers-at-once", "2")
    done(
        settings,
        "limits",
        "set",
        *person,
        "--hours",
        "月-金 8:00-19:00",
        "--hours",
        "sat 09:00-12:00",
    )
    done(settings, "limits", "set", *person, "--answers-at-once", "none")

    (shown,) = json.loads(done(settings, "limits", "show", *person, "--json"))
    assert shown["name"] == "yamada"
    assert shown["limits"] == {
        "tokens_per_day": 1000,
        "hours": [
            {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "19:00"},
            {"days": ["sat"], "from": "09:00", "to": "12:00"},
        ],
    }
    assert "mon-fri 08:00-19:00, sat 09:00-12:00" in done(settings, "limits", "show")
    done(settings, "limits", "set", *person, "--clear")
    assert "Nothing is limited" in done(settings, "limits", "show")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--answers-at-once", "0"), "out_of_range"),
        (("--tokens-per-day", "many"), "out_of_range"),
        (("--hours", "月火 08:00-19:00"), "hours_unreadable"),
        (("--hours", "fri-mon 08:00-19:00"), "hours_unreadable"),
        (("--hours", "mon 8-19"), "hours_unreadable"),
    ],
)
async def test_limits_that_cannot_be(
    settings: Settings, arguments: tuple[str, ...], code: str
) -> None:
    assert failed(settings, "limits", "set", "--everybody", *arguments) == code


async def test_whose_has_to_be_said(settings: Settings) -> None:
    for whose in ((), ("--everybody", "--person", "yamada")):
        result = run(settings, "limits", "set", *whose, "--answers-at-once", "1")
        assert result.exit_code == 2


# --- usage ------------------------------------------------------------------------------


async def test_use_as_a_table_as_csv_and_as_json(settings: Settings, store: Store) -> None:
    limits = Limits(store, "Asia/Tokyo")

    def fill(session: Session) -> None:
        for caller, tokens in ((YAMADA, 1234), (LOCAL, 5)):
            session.add(
                LedgerEntry(
                    id=f"use_{caller.id}",
                    owner=caller.id,
                    created_at=time.time(),
                    group_id=caller.group,
                    model="qwen3",
                    day=limits.days.today(),
                    prompt_tokens=tokens,
                    completion_tokens=7,
                    cached_tokens=0,
                    waited=0.25,
                    seconds=2.0,
                    outcome="done",
                )
            )

    await store.write(fill)

    table = done(settings, "usage", "--by", "person")
    assert "1,234" in table
    assert "1,239" in table, "the total"
    rows = list(csv.DictReader(io.StringIO(done(settings, "usage", "--by", "group", "--csv"))))
    assert [(row["name"], row["prompt_tokens"]) for row in rows] == [("総務課", "1234"), ("", "5")]
    told = json.loads(done(settings, "usage", "--by", "model", "--json"))
    assert told["total"]["completion_tokens"] == 14
    assert done(settings, "usage", "--since", "2020-01-01", "--until", "2020-02-01", "--json")
    assert failed(settings, "usage", "--since", "yesterday") == "invalid_value"


async def test_tables_speak_japanese_and_cut_no_key_and_no_day(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = done(
        settings, "keys", "add", "yamada", "議事録の下書き", "--area", "write", "--days", "9"
    )
    row = await store.read(lambda session: service.find(session, made.split()[-1]))
    everybody = ("limits", "set", "--everybody", "--answers-at-once", "3")
    done(settings, *everybody, "--hours", "月-金 9:00-18:00")
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    listed = done(settings, "keys", "list")
    assert f"{row.prefix}…" in listed
    for at in (row.created_at, row.expires_at or 0):
        assert f"{datetime.fromtimestamp(at, ZoneInfo('Asia/Tokyo')):%Y-%m-%d}" in listed
    assert "有効" in listed
    limited = done(settings, "limits", "show")
    assert "全員" in limited
    assert "同時の回答: 3" in limited
    assert "時間: 月-金 09:00-18:00" in limited
    assert done(settings, "usage", "--by", "person").splitlines()[1].startswith("個人")


async def test_the_pages_of_help_teach(tmp_path: Path) -> None:
    for command in (("keys", "add"), ("limits", "set"), ("usage",)):
        shown = CliRunner().invoke(app, [*command, "--help"]).stdout
        assert f"jimae {' '.join(command)}" in shown
