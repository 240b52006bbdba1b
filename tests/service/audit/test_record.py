"""Records: one for each act, in its transaction, in an unbroken chain."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.canonical import canonical, sha256
from jimae.service.audit.chain import GENESIS, columns_of, link_hash
from jimae.service.audit.record import note
from jimae.service.caller import Caller, KeyGrant
from jimae.store.account_tables import Group
from jimae.store.audit_tables import AuditHead, AuditRecord
from jimae.store.store import Store

HANAKO = Caller(
    id="acc-1",
    name="花子",
    role="manager",
    via="key",
    groups=("grp-1", "grp-2"),
    session_id="ses-1",
    key=KeyGrant(id="key-1", name="集計"),
    address="192.0.2.7",
)


async def records(store: Store) -> list[AuditRecord]:
    """All of them, once their chain was followed from its beginning to its head."""

    def read(session: Session) -> list[AuditRecord]:
        found = list(session.scalars(select(AuditRecord).order_by(AuditRecord.seq)))
        previous = GENESIS
        for seq, record in enumerate(found, 1):
            assert record.body is not None
            assert (record.seq, record.previous) == (seq, previous)
            assert record.digest == sha256(record.body)
            assert record.hash == link_hash(seq, previous, record.digest)
            columns = columns_of(json.loads(record.body))
            assert all(getattr(record, name) == of for name, of in columns._asdict().items())
            previous = record.hash
        head = session.get_one(AuditHead, "head")
        assert (head.seq, head.hash) == (len(found), previous)
        return found

    return await store.read(read)


def body(record: AuditRecord) -> dict[str, Any]:
    assert record.body is not None
    told: dict[str, Any] = json.loads(record.body)
    return told


def group(group_id: str, name: str, purpose: str) -> Group:
    return Group(
        id=group_id,
        owner=group_id,
        created_at=0.0,
        name=name,
        purpose=purpose,
        source="local",
        external_id=None,
    )


def test_a_link_is_the_hash_of_a_canonical_text() -> None:
    told = {"v": 1, "seq": 7, "previous": "a" * 64, "digest": "b" * 64}
    assert link_hash(7, "a" * 64, "b" * 64) == sha256(canonical(told))


async def test_a_record_says_who_did_what_and_when(store: Store) -> None:
    before = time.time()

    def act(session: Session) -> None:
        session.add(group("grp-1", "総務課", "文書の作成"))
        note(session, HANAKO, "user.create", target="acc-2", details={"role": "user", "上限": 0.5})

    await store.write(act)
    (record,) = await records(store)
    told = body(record)
    assert before - 1 < record.created_at < time.time() + 1
    assert told.pop("at").endswith("Z")
    assert told.pop("at_jst").endswith("+09:00")
    assert len(told.pop("salt")) == 32
    assert told == {
        "v": 1,
        "id": record.id,
        "act": "user.create",
        "outcome": "done",
        "target": "acc-2",
        "account": {"id": "acc-1", "name": "花子", "role": "manager"},
        "group": {"id": "grp-1", "name": "総務課", "purpose": "文書の作成"},
        "via": "key",
        "address": "192.0.2.7",
        "session": "ses-1",
        "key": {"id": "key-1", "name": "集計"},
        "model": None,
        "begin": None,
        "commitment": None,
        "details": {"role": "user", "上限": 0.5},
    }


async def test_what_is_undone_is_not_recorded(store: Store) -> None:
    def undone(session: Session) -> None:
        note(session, HANAKO, "user.create")
        raise JimaeError("not_permitted", needed="admin")

    with pytest.raises(JimaeError):
        await store.write(undone)
    await store.write(lambda session: note(session, HANAKO, "user.delete", outcome="refused"))
    assert [(r.act, r.outcome) for r in await records(store)] == [("user.delete", "refused")]


async def test_several_records_of_one_transaction_follow_each_other(store: Store) -> None:
    def act(session: Session) -> None:
        for number in range(3):
            note(session, HANAKO, "key.create", target=f"key-{number}")

    await store.write(act)
    await store.write(act)
    assert [r.target for r in await records(store)] == ["key-0", "key-1", "key-2"] * 2


async def test_what_no_database_takes_is_recorded_all_the_same(store: Store) -> None:
    hostile = "a\0b\r\n\u202e\udc00" + "長" * 5000
    who = Caller(id="i" * 500, name=hostile, via="terminal", groups=("g" * 500,))
    told = {hostile: [hostile, float("nan")]}
    await store.write(lambda s: note(s, who, "user.rename", target=hostile, details=told))
    (record,) = await records(store)
    said = hostile.replace("\udc00", r"\udc00")
    assert body(record)["target"] == said
    assert body(record)["details"] == {said: [said, "nan"]}
    assert record.target is not None
    assert record.target.startswith("a\ufffdb\r\n")


async def test_without_the_end_of_the_chain_nothing_is_done(store: Store) -> None:
    def act(session: Session) -> None:
        session.add(group("grp-1", "総務課", ""))
        note(session, HANAKO, "group.create")

    await store.write(lambda session: session.execute(delete(AuditHead)))
    with pytest.raises(JimaeError) as caught:
        await store.write(act)
    assert caught.value.code == "audit_head_missing"
    assert await store.read(lambda session: session.scalar(select(Group.id))) is None


async def test_a_transaction_that_waits_for_a_row_does_not_hold_up_the_log(store: Store) -> None:
    """The lock of the log is taken last: who notes first and then waits blocks nobody."""
    noted, go = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        note(session, HANAKO, "slow")
        noted.set()
        assert go.wait(20)

    def quick(session: Session) -> None:
        note(session, HANAKO, "quick")
        go.set()

    running = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(noted.wait, 20)
    if store._engines.write.dialect.name == "sqlite":
        go.set()  # SQLite has one writer at a time anyway
    await store.write(quick)
    await running
    assert {r.act for r in await records(store)} == {"slow", "quick"}
