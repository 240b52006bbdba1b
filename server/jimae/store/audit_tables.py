"""Tables of the audit log.

    audit_heads        seq, hash        the end of the chain, and the lock of who writes on
         │
    audit_records   1 ◄── 2 ◄── 3 ◄── 4      hash = H(seq, previous hash, digest of the body)
                          ▲     ▲
    audit_contents        2     3            what was written, apart: it may be deleted
    audit_words           2     3            by which it is found
    audit_open            2                  answers that have begun and not ended

    audit_checkpoints, audit_certificates    signed: how far the log went, what was deleted
    audit_holds, audit_rules                 what may not be deleted, and when the rest is

A record whose body is null was deleted: its digest keeps the chain provable.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sqlalchemy import BigInteger, Double, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Fate, Owned

HASH = String(64)
PIECES: Final = 4096


class AuditRecord(Owned):
    """One act. `owner` is the account that did it.

    `body` is the canonical text that `digest` is of; the other columns are copies of parts of
    it to search by. `begin_id` of an answer's end is the record of its beginning.
    """

    __tablename__ = "audit_records"
    fate: ClassVar[Fate] = "stays"

    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    act: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16))
    target: Mapped[str | None] = mapped_column(String(256))
    name: Mapped[str] = mapped_column(String(256))
    group_id: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(256))
    begin_id: Mapped[str | None] = mapped_column(String(64), index=True)
    body: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(HASH)
    previous: Mapped[str] = mapped_column(HASH)
    hash: Mapped[str] = mapped_column(HASH)

    __table_args__ = (
        Index(None, "owner", "seq"),
        Index(None, "group_id", "seq"),
        Index(None, "act", "seq"),
        Index(None, "model", "seq"),
        Index(None, "created_at"),
    )


class AuditContent(Owned):
    """What a record's commitment is of; `id` and `seq` are the record's, `owner` its account.

    `sealed` is the salt and the text, encrypted with the key `key_id` unless that is null.
    """

    __tablename__ = "audit_contents"
    fate: ClassVar[Fate] = "stays"

    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    key_id: Mapped[str | None] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "created_at"),)


class AuditWords(Owned):
    """The words of a piece of a content that is not encrypted, as `service.words` makes them.

    `number` is the record's times `PIECES`, plus that of the piece. Each database has an index
    of its own over `words`, made by its migration: `fts_audit`.
    """

    __tablename__ = "audit_words"
    fate: ClassVar[Fate] = "stays"

    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    words: Mapped[str] = mapped_column(Text)


class AuditHead(Owned):
    """The last record of the chain: one row, whose lock whoever appends holds until they commit."""

    __tablename__ = "audit_heads"
    fate: ClassVar[Fate] = "stays"

    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(HASH)


class AuditOpen(Owned):
    """An answer that has begun; `id` is the record of that."""

    __tablename__ = "audit_open"
    fate: ClassVar[Fate] = "stays"


class AuditCheckpoint(Owned):
    """A signed statement of how far the chain went. `body` is its canonical text."""

    __tablename__ = "audit_checkpoints"
    fate: ClassVar[Fate] = "stays"

    seq: Mapped[int] = mapped_column(BigInteger, index=True)
    body: Mapped[str] = mapped_column(Text)


class AuditCertificate(Owned):
    """A signed statement of what was deleted. `kind` is `metadata` or `content`."""

    __tablename__ = "audit_certificates"
    fate: ClassVar[Fate] = "stays"

    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(Text)


class AuditHold(Owned):
    """What may not be deleted until it is lifted: of a person or a group (both null: of
    everybody), from `since` until `until` (null: without end). `owner` is who laid it."""

    __tablename__ = "audit_holds"
    fate: ClassVar[Fate] = "stays"

    reason: Mapped[str] = mapped_column(String(1024))
    account_id: Mapped[str | None] = mapped_column(String(128))
    group_id: Mapped[str | None] = mapped_column(String(64))
    since: Mapped[float | None] = mapped_column(Double)
    until: Mapped[float | None] = mapped_column(Double)


class AuditRule(Owned):
    """How many days something is kept; `id` is `metadata` or `content`, 0 days for ever."""

    __tablename__ = "audit_rules"
    fate: ClassVar[Fate] = "stays"

    days: Mapped[int]
