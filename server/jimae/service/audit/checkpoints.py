"""Checkpoints: signed statements of how far the log has gone, in the database and beside it.

Whoever cuts off the end of the log would have to cut it off the file of checkpoints, too, and
off every copy of one that was exported, printed or mailed.
"""

from __future__ import annotations

import fcntl
import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import reading
from jimae.service.audit.canonical import canonical
from jimae.service.audit.chain import GENESIS, VERSION, in_jst, in_utc
from jimae.service.audit.proof import CHECKPOINT, Proof
from jimae.service.audit.signing import FOLDER, Signer, Statement, is_signed, statement_of
from jimae.store.audit_tables import AuditCheckpoint, AuditHead, AuditRecord

FILE: Final = "checkpoints.jsonl"
# Statements that somebody else may have put before the one that is ours.
LOOKED_AT: Final = 100


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
    known = [one for one in before if is_checkpoint(one, signer.public)]
    if (inside := latest(session, signer.public)) is not None:
        known.append(inside)
    last = max(known, key=lambda one: int(one["seq"]), default=None)
    start, previous = (0, GENESIS) if last is None else (last["seq"], last["hash"])
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


def is_checkpoint(statement: Statement, key: str) -> bool:
    """Whether it is one of this log, which the key has signed."""
    right_kind = statement.get("type") == CHECKPOINT and statement.get("key") == key
    return right_kind and is_signed(statement)


def stored(session: Session) -> list[Statement]:
    """Every checkpoint of the database, in the order of the log."""
    bodies = session.scalars(select(AuditCheckpoint.body).order_by(AuditCheckpoint.seq))
    return [statement_of(body) for body in bodies]


def latest(session: Session, key: str) -> Statement | None:
    """The newest one that this key has signed."""
    wanted = select(AuditCheckpoint.body).order_by(AuditCheckpoint.seq.desc())
    return _first(session, wanted, key)


def first_after(session: Session, key: str, seq: int) -> Statement | None:
    """The first one at a place or after it that this key has signed."""
    wanted = select(AuditCheckpoint.body).where(AuditCheckpoint.seq >= seq)
    return _first(session, wanted.order_by(AuditCheckpoint.seq), key)


def _first(session: Session, wanted: Select[str], key: str) -> Statement | None:
    for body in session.scalars(wanted.limit(LOOKED_AT)).all():
        found = statement_of(body)
        if is_checkpoint(found, key):
            return found
    return None


def append(path: Path, made: Statement) -> None:
    """Add it to the file beside the database, whole or not at all. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        # Two processes neither mix their lines nor cut off each other's.
        fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        # What a failing power supply left of a line must not take this one with it.
        torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
        line = f"{canonical(made)}\n".encode()
        try:
            left = b"\n" + line if torn else line
            while left:
                left = left[file.write(left) :]
            os.fsync(descriptor)
        except OSError:
            file.truncate(end)
            raise


def in_file(path: Path) -> list[Statement]:
    """Every checkpoint of the file, the oldest first. Raises OSError."""
    if not path.exists():
        return []
    return [statement_of(line) for line in path.read_text("utf-8", "replace").splitlines() if line]


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
