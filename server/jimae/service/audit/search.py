"""Finding records: by who, when, what, with which model, and by words of what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Text,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import reading
from jimae.service.audit.finding import texts_in
from jimae.service.audit.proof import Entry
from jimae.service.audit.sealing import Vault
from jimae.service.words import Word, folded, terms_of, wanted
from jimae.store.account_tables import Group
from jimae.store.audit_tables import PIECES, AuditContent, AuditRecord, AuditWords

# Records whose texts are looked at, at a time, when the index has found them.
LOOKED_AT: Final = 100

_FTS: Final = table("fts_audit", column("rowid", BigInteger), column("fts_audit", Text))
# As the index over it was made: an expression with a parameter is not that one.
_TSVECTOR: Final = func.array_to_tsvector(
    func.string_to_array(AuditWords.words, literal_column("' '"))
)

ContentState = Literal["none", "here", "encrypted", "deleted"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which records. An account and a group by id or name; an act with a dot at its end means
    all of its area (`user.`). Times are Unix seconds, `until` not included. `word`: what was
    written has all of its parts between spaces, however they are written in width and kana."""

    account: str | None = None
    group: str | None = None
    act: str | None = None
    outcome: str | None = None
    model: str | None = None
    target: str | None = None
    since: float | None = None
    until: float | None = None
    word: str | None = None


class Found(NamedTuple):
    entry: Entry
    body: dict[str, Any]
    content: ContentState


def conditions(which: Wanted) -> list[ColumnElement[bool]]:
    """What a row must fulfil; of a word, only what the index knows.

    Raises `audit_word_empty`.
    """
    found: list[ColumnElement[bool]] = [AuditRecord.body.is_not(None)]
    if which.account is not None:
        found.append(or_(AuditRecord.owner == which.account, AuditRecord.name == which.account))
    if which.group is not None:
        named = select(Group.id).where(Group.name == which.group)
        found.append(or_(AuditRecord.group_id == which.group, AuditRecord.group_id.in_(named)))
    if which.act is not None:
        area = which.act.endswith(".")
        act = AuditRecord.act
        found.append(act.startswith(which.act, autoescape=True) if area else act == which.act)
    for same, value in (
        (AuditRecord.outcome, which.outcome),
        (AuditRecord.model, which.model),
        (AuditRecord.target, which.target),
    ):
        if value is not None:
            found.append(same == value)
    if which.since is not None:
        found.append(AuditRecord.created_at >= which.since)
    if which.until is not None:
        found.append(AuditRecord.created_at < which.until)
    return found


def terms(which: Wanted) -> tuple[str, ...]:
    """Raises `audit_word_empty` for a word without any character."""
    if which.word is None:
        return ()
    found = terms_of(which.word)
    if not found:
        raise JimaeError("audit_word_empty", param="word")
    return found


def find(
    session: Session,
    which: Wanted,
    vault: Vault,
    *,
    limit: int,
    before: int | None = None,
) -> tuple[list[Found], bool]:
    """The newest records first, those before a place, and whether there are more."""
    found: list[Found] = []
    for one in _matching(session, which, vault, before, limit + 1):
        found.append(one)
        if len(found) > limit:
            return found[:limit], True
    return found, False


def matching_seqs(session: Session, which: Wanted, vault: Vault, first: int, last: int) -> set[int]:
    """Those of a stretch of the log that fulfil everything."""
    rows = session.execute(
        reading.ENTRY.where(
            *conditions(which), *_words(session, which), AuditRecord.seq.between(first, last)
        ).order_by(AuditRecord.seq)
    ).all()
    return {one.entry.seq for one in _looked_at(session, rows, terms(which), vault)}


def ends(session: Session, which: Wanted) -> tuple[int, int] | None:
    """The first and the last record that may fulfil it."""
    wished = select(AuditRecord.seq).where(*conditions(which), *_words(session, which))
    first = session.scalar(wished.order_by(AuditRecord.seq).limit(1))
    last = session.scalar(wished.order_by(AuditRecord.seq.desc()).limit(1))
    return None if first is None or last is None else (first, last)


def one(session: Session, seq: int) -> Found:
    """Raises `audit_record_not_found`."""
    row = session.execute(reading.ENTRY.where(AuditRecord.seq == seq)).one_or_none()
    if row is None:
        raise JimaeError("audit_record_not_found", seq=seq)
    entry = reading.entry_of(row)
    if entry.body is None:
        raise JimaeError("audit_record_deleted", seq=seq)
    return Found(entry, *_told(entry, session.scalar(_content(seq))))


def content_of(session: Session, found: Found, vault: Vault) -> tuple[bytes, str]:
    """The salt and the text of a content. Raises `audit_content_gone`, `audit_key_missing`,
    and `audit_content_changed` if it is not what was recorded."""
    content = session.scalar(_content(found.entry.seq))
    if content is None:
        raise JimaeError("audit_content_gone", seq=found.entry.seq)
    try:
        return vault.open(content.id, content.key_id, content.sealed)
    except ValueError:
        raise JimaeError("audit_content_changed", seq=found.entry.seq) from None


def _content(seq: int) -> Any:
    return select(AuditContent).where(AuditContent.seq == seq)


def _matching(
    session: Session, which: Wanted, vault: Vault, before: int | None, most: int
) -> Iterator[Found]:
    asked = terms(which)
    wished = reading.ENTRY.where(*conditions(which), *_words(session, which))
    wished = wished.order_by(AuditRecord.seq.desc()).limit(LOOKED_AT if asked else most)
    while True:
        here = wished if before is None else wished.where(AuditRecord.seq < before)
        rows = session.execute(here).all()
        if not rows:
            return
        yield from _looked_at(session, rows, asked, vault)
        before = rows[-1][0]


def _looked_at(
    session: Session, rows: Sequence[Row[*tuple[Any, ...]]], asked: Sequence[str], vault: Vault
) -> Iterator[Found]:
    """Of what the index found, that which has the terms as they are asked for."""
    entries = [reading.entry_of(row) for row in rows]
    seqs = [entry.seq for entry in entries]
    contents = {
        content.seq: content
        for content in session.scalars(select(AuditContent).where(AuditContent.seq.in_(seqs)))
    }
    for entry in entries:
        content = contents.get(entry.seq)
        if asked and not (content and _has(content, asked, vault)):
            continue
        yield Found(entry, *_told(entry, content))


def _has(content: AuditContent, asked: Sequence[str], vault: Vault) -> bool:
    try:
        _, told = vault.open(content.id, content.key_id, content.sealed)
        whole = folded(texts_in(msgspec.json.decode(told)))
    except (JimaeError, ValueError, msgspec.DecodeError):
        return False
    return all(term in whole for term in asked)


def _told(entry: Entry, content: AuditContent | None) -> tuple[dict[str, Any], ContentState]:
    body = msgspec.json.decode(entry.body or "{}", type=dict[str, Any])
    if content is not None:
        return body, "here" if content.key_id is None else "encrypted"
    return body, "none" if body.get("commitment") is None else "deleted"


def _words(session: Session, which: Wanted) -> list[ColumnElement[bool]]:
    """One condition for each term: each may be in another piece of a long content."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return [
        AuditRecord.seq.in_((_in_sqlite if sqlite else _in_postgresql)(wanted((term,), "")[1:]))
        for term in terms(which)
    ]


def _in_sqlite(words: Sequence[Word]) -> Select[int]:
    query = " AND ".join(map(_fts5, words))
    return select(_FTS.c.rowid // PIECES).where(_FTS.c.fts_audit.op("MATCH")(query))


def _in_postgresql(words: Sequence[Word]) -> Select[int]:
    query = " & ".join(map(_tsquery, words))
    found = _TSVECTOR.op("@@")(cast(query, TSQUERY))
    return select(AuditWords.number // PIECES).where(found)


# Words are letters and digits: nothing in them has to be quoted.
def _fts5(word: Word) -> str:
    return f"{word.text}*" if word.begins else f'"{word.text}"'


def _tsquery(word: Word) -> str:
    return f"{word.text}:*" if word.begins else word.text
