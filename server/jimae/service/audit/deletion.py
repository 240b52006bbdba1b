"""Deleting from the log so that it stays provable, and saying what was deleted.

A record that is deleted leaves its place and its digest, which tells nothing without the salt
that was in it; a content leaves the commitment of its record. Every deletion has a certificate,
which is signed, and a record of its own, which is never deleted. Nothing under a hold is.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from jimae.service.audit.canonical import canonical, sha256
from jimae.service.audit.chain import VERSION, in_jst, in_utc
from jimae.service.audit.proof import CERTIFICATE
from jimae.service.audit.ranges import ranges_of
from jimae.service.audit.record import note
from jimae.service.audit.search import Wanted, conditions
from jimae.service.audit.signing import Signer, Statement
from jimae.service.caller import Caller
from jimae.store.audit_tables import (
    PIECES,
    AuditCertificate,
    AuditContent,
    AuditHead,
    AuditHold,
    AuditOpen,
    AuditRecord,
    AuditWords,
)

Kind = Literal["metadata", "content"]
DELETE: Final = "audit.delete"
# Places of one transaction, and of one certificate.
AT_ONCE: Final = 2000
GONE: Final = "removed"


class Reason(NamedTuple):
    """Why something is deleted: for its age, or at somebody's request in words."""

    kind: Literal["retention", "request"]
    words: str = ""


def expired(kind: Kind, before: float) -> list[ColumnElement[bool]]:
    return [AuditRecord.created_at < before, *_kept_apart(kind)]


def requested(which: Wanted) -> list[ColumnElement[bool]]:
    """The contents that somebody wants to be deleted."""
    return [*conditions(which), *_kept_apart("content")]


def delete_some(
    session: Session,
    caller: Caller,
    kind: Kind,
    wanted: Sequence[ColumnElement[bool]],
    why: Reason,
    signer: Signer,
) -> Statement | None:
    """Delete up to `AT_ONCE` of what is wanted, and return the certificate; None if there is
    nothing left."""
    rows = session.execute(
        select(AuditRecord.seq, AuditRecord.digest, AuditRecord.body)
        .where(*wanted, ~_held())
        .order_by(AuditRecord.seq)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        return None
    seqs = [seq for seq, _, _ in rows]
    hashes = [digest if kind == "metadata" else _commitment(body) for _, digest, body in rows]
    made = _certificate(session, caller, kind, seqs, hashes, why, signer)
    if kind == "metadata":
        _remove_records(session, seqs)
    _remove_contents(session, seqs)
    _keep(session, caller, made)
    return made


def deletable(session: Session, wanted: Sequence[ColumnElement[bool]]) -> int:
    """How many records of what is wanted no hold keeps."""
    counted = select(func.count()).select_from(AuditRecord).where(*wanted, ~_held())
    return session.scalar(counted) or 0


def held_back(session: Session, wanted: Sequence[ColumnElement[bool]]) -> int:
    """How many records of what is wanted stay for a hold."""
    counted = select(func.count()).select_from(AuditRecord).where(*wanted, _held())
    return session.scalar(counted) or 0


def forget_words(session: Session) -> None:
    """Have the index give up the words of what was deleted; PostgreSQL does when it vacuums."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO fts_audit(fts_audit) VALUES ('optimize')"))


def _kept_apart(kind: Kind) -> list[ColumnElement[bool]]:
    if kind == "content":
        return [AuditRecord.seq.in_(select(AuditContent.seq))]
    return [
        AuditRecord.body.is_not(None),
        AuditRecord.act != DELETE,
        AuditRecord.id.not_in(select(AuditOpen.id)),
    ]


def _held() -> ColumnElement[bool]:
    hold = AuditHold
    return exists(
        select(hold.id).where(
            or_(hold.account_id.is_(None), hold.account_id == AuditRecord.owner),
            or_(hold.group_id.is_(None), hold.group_id == AuditRecord.group_id),
            and_(
                or_(hold.since.is_(None), hold.since <= AuditRecord.created_at),
                or_(hold.until.is_(None), hold.until > AuditRecord.created_at),
            ),
        )
    )


def _certificate(
    session: Session,
    caller: Caller,
    kind: Kind,
    seqs: Sequence[int],
    hashes: Sequence[str],
    why: Reason,
    signer: Signer,
) -> Statement:
    head = session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    micros = time.time_ns() // 1000
    return signer.signed(
        {
            "type": CERTIFICATE,
            "v": VERSION,
            "id": f"crt-{uuid.uuid4().hex}",
            "kind": kind,
            "at": in_utc(micros),
            "at_jst": in_jst(micros),
            "by": {"id": caller.id, "name": caller.name, "via": caller.via},
            "why": why.kind,
            "reason": why.words,
            "count": len(seqs),
            "ranges": [list(one) for one in ranges_of(seqs)],
            # Of the digests of the records, or the commitments of the contents, in their order.
            "sha256": sha256("".join(hashes)),
            "log": {"seq": head.seq, "hash": head.hash},
        }
    )


def _commitment(body: str | None) -> str:
    told: dict[str, Any] = msgspec.json.decode(body or "{}")
    return str(told.get("commitment"))


def _remove_records(session: Session, seqs: Sequence[int]) -> None:
    """Leave of each record its place in the chain."""
    gone = update(AuditRecord).where(AuditRecord.seq.in_(seqs))
    session.execute(
        gone.values(
            id=literal("gone-") + cast(AuditRecord.seq, String),
            owner="",
            created_at=0.0,
            act=GONE,
            outcome="",
            target=None,
            name="",
            group_id=None,
            model=None,
            begin_id=None,
            body=None,
        ),
        execution_options={"synchronize_session": False},
    )


def _remove_contents(session: Session, seqs: Sequence[int]) -> None:
    unseen = {"synchronize_session": False}
    session.execute(
        delete(AuditContent).where(AuditContent.seq.in_(seqs)), execution_options=unseen
    )
    for first, last in ranges_of(seqs):
        words = AuditWords.number.between(first * PIECES, last * PIECES + PIECES - 1)
        session.execute(delete(AuditWords).where(words), execution_options=unseen)


def _keep(session: Session, caller: Caller, made: Statement) -> None:
    body = canonical(made)
    session.add(
        AuditCertificate(
            id=made["id"],
            owner=caller.id,
            created_at=time.time(),
            kind=made["kind"],
            body=body,
        )
    )
    told = {name: made[name] for name in ("kind", "count", "why", "reason")}
    ends = {"first": made["ranges"][0][0], "last": made["ranges"][-1][1]}
    note(
        session, caller, DELETE, target=made["id"], details={**told, **ends, "sha256": sha256(body)}
    )
