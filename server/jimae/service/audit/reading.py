"""The log as it stands in the database, page by page: nobody waits for who reads all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from jimae.service.audit.chain import Columns
from jimae.service.audit.proof import Entry, State
from jimae.service.audit.sealing import Vault, commitment_of
from jimae.service.audit.signing import Statement, statement_of
from jimae.store.audit_tables import AuditCertificate, AuditContent, AuditHead, AuditRecord

PAGE: Final = 2000
COLUMNS: Final = (
    AuditRecord.id,
    AuditRecord.owner,
    AuditRecord.created_at,
    AuditRecord.act,
    AuditRecord.outcome,
    AuditRecord.target,
    AuditRecord.name,
    AuditRecord.group_id,
    AuditRecord.model,
    AuditRecord.begin_id,
)
ENTRY: Final = select(
    AuditRecord.seq,
    AuditRecord.digest,
    AuditRecord.body,
    AuditRecord.previous,
    AuditRecord.hash,
    *COLUMNS,
)


class Head(NamedTuple):
    """The end of the log: `seq` and `hash` as they are noted, `last` that of its last row."""

    seq: int
    hash: str
    last: int


def head_of(session: Session) -> Head:
    # In one statement: between two, somebody may append.
    last = select(func.coalesce(func.max(AuditRecord.seq), 0))
    found = session.execute(select(AuditHead.seq, AuditHead.hash, last.scalar_subquery())).first()
    return Head(-1, "", session.scalar(last) or 0) if found is None else Head(*found)


def page(session: Session, after: int, up_to: int, limit: int = PAGE) -> list[Entry]:
    """The entries of the rows after a place, as far as another."""
    rows = session.execute(
        ENTRY.where(AuditRecord.seq > after, AuditRecord.seq <= up_to)
        .order_by(AuditRecord.seq)
        .limit(limit)
    )
    return [entry_of(row) for row in rows]


def entry_of(row: Row[*tuple[Any, ...]]) -> Entry:
    seq, digest, body, previous, chained, *columns = tuple(row)
    state: State = "here" if body is not None else "removed"
    labels = Columns(*columns) if body is not None else None
    return Entry(seq, digest, state, body, previous, chained, labels)


def contents(session: Session, seqs: Sequence[int]) -> dict[int, AuditContent]:
    """The contents that are there, of the records from the first of these to the last."""
    if not seqs:
        return {}
    wanted = AuditContent.seq.between(seqs[0], seqs[-1])
    return {found.seq: found for found in session.scalars(select(AuditContent).where(wanted))}


def is_what_was_recorded(vault: Vault, content: AuditContent, body: Any) -> bool | None:
    """None if it is encrypted with a key that is not here."""
    if not vault.can_open(content.key_id):
        return None
    try:
        salt, text = vault.open(content.id, content.key_id, content.sealed)
    except ValueError:
        return False
    return bool(content.id == body["id"] and commitment_of(salt, text) == body["commitment"])


def certificates(session: Session) -> list[Statement]:
    """Every one, the oldest first."""
    bodies = session.scalars(select(AuditCertificate.body).order_by(AuditCertificate.created_at))
    return [statement_of(body) for body in bodies]
