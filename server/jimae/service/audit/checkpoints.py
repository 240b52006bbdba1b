"""Checkpoints: signed statements of how far the log has gone, in the database and beside it.

Whoever cuts off the end of the log would have to cut it off the file of checkpoints, too, and
off every copy of one that was exported, printed or mailed.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import reading
from jimae.service.audit.canonical import canonical
from jimae.service.audit.chain import GENESIS, VERSION, in_jst, in_utc
from jimae.service.audit.proof import CHECKPOINT, Proof
from jimae.service.audit.signing import FOLDER, Signer, Statement, statement_of
from jimae.store.audit_tables import AuditCheckpoint, AuditHead, AuditRecord

FILE: Final = "checkpoints.jsonl"


def file_of(data_dir: Path) -> Path:
    return data_dir / FOLDER / FILE


def checkpoint(session: Session, signer: Signer, before: Sequence[Statement]) -> Statement | None:
    """Sign where the log ends; None if that was signed before. `before` are the checkpoints
    that are known from outside of the database.

    What came since the last checkpoint is checked first: nothing that is broken is signed.
    Raises `audit_broken`.
    """
    head = session.execute(select(AuditHead.seq, AuditHead.hash)).one_or_none()
    if head is None:
        raise JimaeError("audit_head_missing")
    seq, chained = head
    latest = max([*before, *stored(session)], key=lambda one: int(one["seq"]), default=None)
    start, previous = (0, GENESIS) if latest is None else (latest["seq"], latest["hash"])
    if (seq, chained) == (start, previous):
        return None
    _check(session, start, previous, seq, chained)
    micros = time.time_ns() // 1000
    made = signer.signed(
        {
            "type": CHECKPOINT,
            "v": VERSION,
            "seq": seq,
            "hash": chained,
            "at": in_utc(micros),
            "at_jst": in_jst(micros),
        }
    )
    session.add(
        AuditCheckpoint(
            id=f"chk-{uuid.uuid4().hex}",
            owner="server",
            created_at=time.time(),
            seq=seq,
            body=canonical(made),
        )
    )
    return made


def stored(session: Session, at_least: int | None = None) -> list[Statement]:
    """The newest checkpoint of the database, or all of those at a place or after it."""
    wanted = select(AuditCheckpoint.body)
    if at_least is None:
        wanted = wanted.order_by(AuditCheckpoint.seq.desc()).limit(1)
    else:
        wanted = wanted.where(AuditCheckpoint.seq >= at_least).order_by(AuditCheckpoint.seq)
    return [statement_of(body) for body in session.scalars(wanted)]


def first_after(session: Session, seq: int) -> Statement | None:
    """The first checkpoint at a place or after it."""
    wanted = select(AuditCheckpoint.body).where(AuditCheckpoint.seq >= seq)
    body = session.scalar(wanted.order_by(AuditCheckpoint.seq).limit(1))
    return None if body is None else statement_of(body)


def append(path: Path, made: Statement) -> None:
    """Add it to the file beside the database. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        # One write: two processes do not mix their lines.
        file.write(f"{canonical(made)}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def in_file(path: Path) -> list[Statement]:
    """Every checkpoint of the file, the oldest first. Raises OSError."""
    if not path.exists():
        return []
    return [statement_of(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _check(session: Session, start: int, previous: str, seq: int, chained: str) -> None:
    proof = Proof(checkpoints=(), first=start + 1, previous=previous)
    if start:
        at_start = session.scalar(select(AuditRecord.hash).where(AuditRecord.seq == start))
        if at_start != previous:
            raise JimaeError("audit_broken", seq=start)
    last, ended = start, previous
    while entries := reading.page(session, last, seq):
        for entry in entries:
            proof.add(entry)
        if proof.breaks.found:
            raise JimaeError("audit_broken", seq=proof.breaks.found[0].first)
        last, ended = entries[-1].seq, entries[-1].hash or ""
    if (last, ended) != (seq, chained):
        raise JimaeError("audit_broken", seq=last + 1)
