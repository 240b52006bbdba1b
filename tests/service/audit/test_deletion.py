"""What is deleted is gone, the chain is still proved, and a certificate says what it was."""

from __future__ import annotations

import json
import time

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.audit import Audit
from jimae.service.audit.canonical import canonical, sha256
from jimae.service.audit.search import Wanted
from jimae.service.audit.signing import is_signed
from jimae.service.audit.verifying_export import verify_export
from jimae.service.caller import SERVER
from jimae.settings import Settings
from jimae.store.audit_tables import AuditContent, AuditRecord, AuditWords
from jimae.store.store import Store
from service.audit.test_export import exported
from service.audit.test_record import records
from service.audit.test_search import ADMIN, AUDITOR, SOUMU, ZAIMU, ask, fill, seqs

LATER = 400 * 86400.0


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is more than a year after what is written now, to who deletes."""
    now = time.time
    monkeypatch.setattr("jimae.service.audit.audit.time.time", lambda: now() + LATER)


async def gone(store: Store) -> tuple[int, int, int]:
    """How many records, contents and pieces of words are there."""

    def count(session: Session) -> tuple[int, int, int]:
        bodies = session.scalar(select(func.count(AuditRecord.body)))
        contents = session.scalar(select(func.count(AuditContent.id)))
        return bodies or 0, contents or 0, session.scalar(select(func.count(AuditWords.id))) or 0

    return await store.read(count)


async def test_a_content_is_deleted_and_its_record_stays(store: Store, audit: Audit) -> None:
    await fill(store)
    (certificate,), held = await audit.delete_content(ADMIN, Wanted(account="花子"), "本人の請求")
    assert held == 0
    assert is_signed(certificate)
    assert certificate["key"] == audit.signer.public
    told = {name: certificate[name] for name in ("kind", "why", "reason", "count", "ranges", "by")}
    assert told == {
        "kind": "content",
        "why": "request",
        "reason": "本人の請求",
        "count": 2,
        "ranges": [[1, 2]],
        "by": {"id": "acc-4", "name": "管理", "via": "session"},
    }
    first, second, *_ = await records(store)
    commitments = [json.loads(one.body or "")["commitment"] for one in (first, second)]
    assert certificate["sha256"] == sha256("".join(commitments))
    noted = (await records(store))[-1]
    assert (noted.act, noted.target) == ("audit.delete", certificate["id"])
    assert json.loads(noted.body or "")["details"]["sha256"] == sha256(canonical(certificate))

    assert await gone(store) == (7, 2, 2)
    assert await seqs(audit, word="午後") == []
    assert (await audit.record(1)).content == "deleted"
    assert (await audit.verify()).ok
    lines = await exported(audit)
    assert verify_export(lines, [audit.signer.public]).ok
    assert await audit.certificates(limit=10) == ([certificate], False)


async def test_what_was_written_is_in_no_file_any_more(
    settings: Settings,
) -> None:
    store = Store(settings)
    await store.open()
    audit = Audit(settings, store)
    await audit.open()
    said = "誰にも読まれたくない言葉"
    await ask(store, SOUMU, said * 50, said)
    word = await store.read(lambda s: s.scalars(select(AuditWords.words)).first())
    assert word is not None
    traces = [said.encode(), *(w.encode() for w in word.split()[1:5])]

    def traced() -> list[bytes]:
        files = [file.read_bytes() for file in settings.data_dir.glob("jimae.db*")]
        return [trace for trace in traces if any(trace in file for file in files)]

    assert traced() == traces
    await audit.delete_content(ADMIN, Wanted(account="acc-1"), "")
    assert traced() == []
    await store.close()


async def test_what_is_too_old_is_deleted(store: Store, audit: Audit, later: None) -> None:
    await fill(store)
    await audit.checkpoint()
    before = [record.digest for record in await records(store)]
    assert [c["kind"] for c in await audit.sweep()] == ["content"], "records are kept for 5 years"
    await audit.set_retention(ADMIN, {"metadata": 200})
    (certificate,) = await audit.sweep()
    assert (certificate["kind"], certificate["why"], certificate["count"]) == (
        "metadata",
        "retention",
        7,
    )
    assert certificate["ranges"] == [[1, 6], [8, 8]], "what deletes is recorded for ever"
    assert certificate["sha256"] == sha256("".join([*before, (await digest(store, 8))]))

    def left(session: Session) -> list[str]:
        rows = session.execute(select(AuditRecord.__table__).order_by(AuditRecord.seq)).all()
        told = ["act", "id", "owner", "name", "target", "group_id", "model", "begin_id", "body"]
        return [str([row._mapping[name] for name in told]) for row in rows[:6]]

    assert (await store.read(left))[0] == str(
        ["removed", "gone-1", "", "", None, None, None, None, None]
    )
    report = await audit.verify()
    assert (report.ok, report.removed, report.records) == (True, 7, 2)
    with pytest.raises(JimaeError) as caught:
        await audit.record(1)
    assert caught.value.code == "audit_record_deleted"
    assert await audit.sweep() == []
    assert verify_export(await exported(audit), [audit.signer.public]).ok


async def digest(store: Store, seq: int) -> str:
    found = await store.read(
        lambda s: s.scalar(select(AuditRecord.digest).where(AuditRecord.seq == seq))
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("hold", "left"),
    [
        ({}, [4, 3, 2, 1]),
        ({"account_id": "acc-1"}, [2, 1]),
        ({"group_id": "grp-2"}, [4, 3]),
        ({"account_id": "acc-1", "group_id": "grp-2"}, []),
        ({"since": 4e9}, []),
        ({"until": 1.0}, []),
        ({"since": 1.0, "until": 4e9}, [4, 3, 2, 1]),
    ],
)
async def test_nothing_under_a_hold_is_deleted(
    store: Store, audit: Audit, hold: dict[str, object], left: list[int], later: None
) -> None:
    await fill(store)
    laid = await audit.lay_hold(ADMIN, reason="訴訟", **hold)  # type: ignore[arg-type]
    assert [one.id for one in await audit.holds()] == [laid.id]
    await audit.set_retention(ADMIN, {"metadata": 100})
    await audit.sweep()
    _, held = await audit.delete_content(ADMIN, Wanted(), "")
    assert held == len(left)
    assert await seqs(audit, act="answer.") == left
    assert [seq for seq in left if (await audit.record(seq)).content != "here"] == []
    assert (await audit.verify()).ok

    await audit.lift_hold(ADMIN, laid.id)
    await audit.sweep()
    assert await seqs(audit, act="answer.") == []
    acts = [r.act for r in await left_of(store)]
    assert "audit.hold" not in acts, "past its time as well"
    with pytest.raises(JimaeError) as caught:
        await audit.lift_hold(ADMIN, laid.id)
    assert caught.value.code == "audit_hold_not_found"
    assert (await audit.verify()).ok


async def left_of(store: Store) -> list[AuditRecord]:
    def read(session: Session) -> list[AuditRecord]:
        return list(session.scalars(select(AuditRecord).where(AuditRecord.body.is_not(None))))

    return await store.read(read)


async def test_rules_are_those_of_the_settings_until_somebody_sets_them(
    store: Store, audit: Audit
) -> None:
    assert await audit.retention() == (1826, 365)
    assert await audit.set_retention(ADMIN, {"content": 30}) == (1826, 30)
    assert await audit.set_retention(ADMIN, {"content": 0, "metadata": 10}) == (10, 0)
    assert await audit.retention() == (10, 0)
    first, second = await records(store)
    assert json.loads(first.body or "")["details"] == {
        "before": {"metadata": 1826, "content": 365},
        "after": {"metadata": 1826, "content": 30},
    }
    assert second.act == "audit.retention"


async def test_a_certificate_covers_what_it_says_and_no_more(store: Store, audit: Audit) -> None:
    await fill(store)
    await audit.delete_content(ADMIN, Wanted(account="acc-1"), "")

    def harm(session: Session) -> None:
        session.execute(update(AuditRecord).where(AuditRecord.seq == 2).values(body=None))
        session.execute(AuditContent.__table__.delete().where(AuditContent.seq == 3))

    await store.write(harm)
    report = await audit.verify()
    assert [(one.kind, one.first) for one in report.breaks] == [("removed", 2), ("content_gone", 3)]


async def test_the_contents_of_one_group_leave_the_others(store: Store, audit: Audit) -> None:
    await fill(store)
    await ask(store, ZAIMU, "もう一つ", "はい")
    (made,), _ = await audit.delete_content(SERVER, Wanted(group="財務課", model="llama"), "")
    assert made["ranges"] == [[3, 4]]
    found, _ = await audit.search(AUDITOR, Wanted(act="answer."), limit=10)
    assert [(one.entry.seq, one.content) for one in found] == [
        (8, "here"),
        (7, "here"),
        (4, "deleted"),
        (3, "deleted"),
        (2, "here"),
        (1, "here"),
    ]
