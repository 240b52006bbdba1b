"""The log of a running server: signed as it grows, opened and closed, encrypted, checked."""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import checkpoints
from jimae.service.audit.answers import Asked, begin
from jimae.service.audit.audit import Audit
from jimae.service.audit.record import note
from jimae.service.audit.sealing import key_id, read_keys
from jimae.service.audit.search import Wanted
from jimae.service.audit.signing import is_signed, signer_of
from jimae.service.audit.verifying_export import verify_export
from jimae.settings import AuditSettings, Settings
from jimae.store.audit_tables import AuditCertificate, AuditCheckpoint, AuditRecord
from jimae.store.store import Store
from jimae.types import TextPrompt
from service.audit.test_export import exported
from service.audit.test_record import HANAKO, records
from service.audit.test_search import AUDITOR, ask, fill, seqs

WRITERS = 8
EACH = 20


def acts(session: Session) -> None:
    note(session, HANAKO, "user.create")


async def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: signer_of(tmp_path).public, range(8)))
    assert len(set(made)) == 1
    file = tmp_path / "audit" / "signing.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [one.name for one in file.parent.iterdir()] == ["signing.key"]
    file.write_text("nonsense")
    with pytest.raises(JimaeError) as caught:
        signer_of(tmp_path)
    assert caught.value.code == "audit_signing_key"


def test_a_key_that_has_no_room_is_not_called_lost(tmp_path: Path) -> None:
    """Who is told to restore the key from a backup, or to remove it, would do harm."""
    make = f"from pathlib import Path; {signer_of.__module__}.signer_of(Path({str(tmp_path)!r}))"
    command = [sys.executable, "-c", f"import {signer_of.__module__}; {make}"]
    full = subprocess.run(["prlimit", "--fsize=0", *command], capture_output=True, check=False)
    assert b"The disk of" in full.stderr
    assert list((tmp_path / "audit").iterdir()) == []
    subprocess.run(command, check=True)


async def test_a_checkpoint_signs_the_end_of_the_log(
    store: Store, audit: Audit, stored: Settings
) -> None:
    assert await audit.checkpoint() is None
    await store.write(acts)
    made = await audit.checkpoint()
    assert made is not None
    (record,) = await records(store)
    assert is_signed(made)
    assert (made["seq"], made["hash"]) == (1, record.hash)
    assert not is_signed(made | {"seq": 2})
    assert await audit.checkpoint() is None, "it was signed before"
    assert await audit.latest() == made
    path = checkpoints.file_of(stored.data_dir)
    assert checkpoints.in_file(path) == [made]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_nothing_that_is_broken_is_signed(store: Store, audit: Audit) -> None:
    for _ in range(3):
        await store.write(acts)
    await audit.checkpoint()
    for _ in range(3):
        await store.write(acts)
    await store.write(
        lambda s: s.execute(update(AuditRecord).where(AuditRecord.seq == 5).values(body="{}"))
    )
    with pytest.raises(JimaeError) as caught:
        await audit.checkpoint()
    assert (caught.value.code, caught.value.values["seq"]) == ("audit_broken", 5)


async def test_a_log_that_was_cut_off_is_not_signed(store: Store, audit: Audit) -> None:
    for _ in range(3):
        await store.write(acts)
    await audit.checkpoint()

    def cut(session: Session) -> None:
        session.execute(delete(AuditCheckpoint))
        session.execute(delete(AuditRecord).where(AuditRecord.seq == 3))
        last = session.scalar(select(AuditRecord.hash).where(AuditRecord.seq == 2))
        head = AuditRecord.metadata.tables["audit_heads"]
        session.execute(head.update().values(seq=2, hash=last))

    await store.write(cut)
    with pytest.raises(JimaeError) as caught:
        await audit.checkpoint()
    assert caught.value.code == "audit_broken", "the file beside the database knows"
    report = await audit.verify()
    assert [(one.kind, one.first, one.last) for one in report.breaks] == [("truncated", 3, 3)]


async def test_what_others_put_between_the_signed_statements_is_told(
    store: Store, audit: Audit, stored: Settings
) -> None:
    """It neither stops a check, nor hides what is ours."""
    await store.write(acts)
    ours = await audit.checkpoint()
    assert ours is not None
    path = checkpoints.file_of(stored.data_dir)
    stranger = signer_of(stored.data_dir / "elsewhere")
    theirs = stranger.signed({"type": "checkpoint", "v": 1, "seq": 1, "hash": "0" * 64})
    forged = json.dumps(ours | {"seq": 9})
    for line in ("nonsense", "[]", '{"seq":"x"}', json.dumps(theirs), forged):
        path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    path.write_bytes(path.read_bytes() + b"\xff\n")

    def plant(session: Session) -> None:
        for number, body in enumerate(("{}", '{"type":"certificate","ranges":[1,"x"]}', "[")):
            session.add(
                AuditCertificate(
                    id=f"crt-{number}", owner="x", created_at=0.0, kind="content", body=body
                )
            )

        for seq, body in ((7, forged), (8, "{}"), (9, json.dumps(theirs))):
            session.add(
                AuditCheckpoint(id=f"chk-{seq}", owner="x", created_at=0.0, seq=seq, body=body)
            )

    await store.write(plant)
    await store.write(acts)
    assert await audit.latest() == ours
    assert await audit.checkpoint() is not None
    report = await audit.verify()
    assert {one.kind for one in report.breaks} == {"forged", "stranger"}
    assert report.signed == 2
    assert (await exported(audit))[-1].startswith('{"left_out":0')


async def test_a_server_signs_as_it_grows_and_when_it_stops(store: Store, stored: Settings) -> None:
    every = stored.model_copy(update={"audit": AuditSettings(checkpoint_records=5)})
    audit = Audit(every, store)
    await audit.open()
    for _ in range(5):
        await store.write(acts)
    await audit._look()
    latest = await audit.latest()
    assert latest is not None
    assert latest["seq"] == 5
    await store.write(acts)
    await audit._look()
    assert await audit.latest() == latest, "neither so many nor so late"

    await audit.watch()
    await store.write(acts)
    await audit.close()
    last = await audit.latest()
    assert last is not None
    assert last["seq"] == 7


async def test_a_server_ends_what_another_left_open(store: Store, audit: Audit) -> None:
    asked = Asked(model="qwen", prompts=(TextPrompt("はい"),))
    await store.write(lambda s: begin(s, HANAKO, asked, audit.vault))
    await audit.watch()
    await audit.close()
    assert [r.outcome for r in await records(store)] == ["begun", "interrupted"]


async def test_a_check_runs_in_the_background(store: Store, audit: Audit) -> None:
    await fill(store)
    assert audit.checking.standing.state == "none"
    assert audit.checking.begin(AUDITOR)
    assert not audit.checking.begin(AUDITOR), "one at a time"
    for _ in range(200):
        if audit.checking.standing.state != "running":
            break
        await asyncio.sleep(0.05)
    standing = audit.checking.standing
    assert (standing.state, standing.by, standing.done, standing.total) == ("done", "監査", 6, 6)
    assert standing.report is not None
    assert standing.report.ok
    assert audit.checking.begin(AUDITOR)
    await audit.checking.close()


async def test_what_is_encrypted_is_found_by_what_is_not(store: Store, stored: Settings) -> None:
    file = stored.data_dir / "keys"
    first, second = bytes(32), bytes(range(32))
    file.write_text(base64.b64encode(first).decode() + "\n")
    with_keys = AuditSettings(encryption_keys=file)
    audit = Audit(stored.model_copy(update={"audit": with_keys}), store)
    await audit.open()
    asked = Asked(model="qwen", prompts=(TextPrompt("午後の秘密"),))
    await store.write(lambda s: begin(s, HANAKO, asked, audit.vault))
    await ask(store, HANAKO, "午後の公開", "はい")

    assert await seqs(audit, word="午後") == [2], "only what is not encrypted is found by words"
    assert await seqs(audit, account="acc-1", act="answer.begin") == [2, 1]
    assert (await audit.record(1)).content == "encrypted"
    assert (await audit.content(AUDITOR, 1))["prompts"][0]["text"] == "午後の秘密"
    assert (await audit.verify()).contents == 3

    file.write_text("\n".join(base64.b64encode(key).decode() for key in (first, second)))
    rotated = Audit(stored.model_copy(update={"audit": with_keys}), store)
    await rotated.open()
    await store.write(lambda s: begin(s, HANAKO, asked, rotated.vault))
    assert (await rotated.content(AUDITOR, 1))["prompts"], "the old key still opens"
    lines = await exported(rotated, act="answer.begin")
    assert verify_export(lines, [audit.signer.public]).contents == 3

    unkeyed = Audit(stored, store)
    await unkeyed.open()
    with pytest.raises(JimaeError) as caught:
        await unkeyed.content(AUDITOR, 1)
    assert (caught.value.code, caught.value.values["key"]) == ("audit_key_missing", key_id(first))
    report = await unkeyed.verify()
    assert (report.ok, report.sealed) == (True, 2)


@pytest.mark.parametrize("text", ["", "AAAA", "あ", "not base64!", None])
def test_a_file_of_keys_that_cannot_be_used(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "keys"
    if text is not None:
        file.write_text(text)
    with pytest.raises(JimaeError) as caught:
        read_keys(file)
    assert caught.value.code == "audit_key_file"


async def test_many_writers_leave_one_chain(store: Store) -> None:
    """As many transactions at once as there are threads; SQLite lets one in at a time."""
    rows = threading.Barrier(min(WRITERS, 4)) if store._engines.write.name != "sqlite" else None

    def act(session: Session) -> None:
        note(session, HANAKO, "user.create")
        if rows is not None:
            rows.wait(20)

    await asyncio.gather(*(store.write(act) for _ in range(WRITERS)))
    assert len(await records(store)) == WRITERS


def write_many(settings: Settings) -> None:
    async def run() -> None:
        store = Store(settings)
        await store.open()
        for _ in range(EACH):
            await store.write(acts)
        await store.close()

    asyncio.run(run())


async def test_processes_that_write_at_once_leave_one_chain(
    store: Store, stored: Settings, audit: Audit
) -> None:
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=write_many, args=(stored,)) for _ in range(2)]
    for other in others:
        other.start()
    for _ in range(EACH):
        await store.write(acts)
        await audit.checkpoint()
    for other in others:
        await asyncio.to_thread(other.join)
        assert other.exitcode == 0
    assert len(await records(store)) == 3 * EACH
    assert (await audit.verify()).ok


async def test_a_search_that_finds_nothing(audit: Audit) -> None:
    assert await audit.search(AUDITOR, Wanted(account="nobody"), limit=5) == ([], False)


def test_a_checkpoint_is_in_its_file_whole_or_not_at_all(tmp_path: Path) -> None:
    path, signer = checkpoints.file_of(tmp_path), signer_of(tmp_path)
    first, second = (signer.signed({"type": "checkpoint", "seq": seq}) for seq in (1, 2))
    checkpoints.append(path, first)
    whole = path.read_bytes()
    # A full disk takes the beginning of a line, and refuses the rest.
    code = (
        f"import json, sys; from pathlib import Path; import {checkpoints.__name__} as c;"
        f"c.append(Path({str(path)!r}), json.load(sys.stdin))"
    )
    full = subprocess.run(
        ["prlimit", f"--fsize={len(whole) + 10}", sys.executable, "-c", code],
        input=json.dumps(second).encode(),
        capture_output=True,
        check=False,
    )
    assert b"OSError" in full.stderr
    assert path.read_bytes() == whole
    # A crash can leave that beginning all the same.
    path.write_bytes(whole + b'{"seq":')
    checkpoints.append(path, second)
    kept = checkpoints.in_file(path)
    assert [one for one in kept if checkpoints.is_checkpoint(one, signer.public)] == [first, second]
