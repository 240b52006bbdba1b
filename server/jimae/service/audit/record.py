"""Writing records: always in the transaction of what they record.

Records are collected while a transaction runs, and join the chain as the last thing before
its commit. So the lock of the chain's end, which serialises everybody who writes, is the last
one taken and held for the shortest time: it takes part in no deadlock.
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from jimae.errors import JimaeError
from jimae.service.audit.canonical import canonical, sha256
from jimae.service.audit.chain import VERSION, columns_of, in_jst, in_utc, link_hash
from jimae.service.audit.sealing import Sealed
from jimae.service.caller import Caller
from jimae.store.account_tables import Group
from jimae.store.audit_tables import PIECES, AuditContent, AuditHead, AuditRecord, AuditWords

Outcome = Literal["done", "refused", "failed"]

HEAD: Final = "head"
KEPT: Final = "jimae.audit"


_LOCKED_HEAD: Final = (
    select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == HEAD).with_for_update()
)
_MOVED_HEAD: Final = (
    update(AuditHead)
    .where(AuditHead.id == HEAD)
    .values(seq=bindparam("to_seq"), hash=bindparam("to_hash"))
)


class Draft(msgspec.Struct):
    """A record that waits for the end of its transaction. `body` lacks `at` and `at_jst`,
    and the name and purpose of its group unless they are known; `words` are those of each piece
    of the content."""

    body: dict[str, Any]
    content: Sealed | None = None
    words: Sequence[str] = ()


class _Collected(msgspec.Struct):
    transaction: SessionTransaction
    drafts: list[Draft]


def note(
    session: Session,
    caller: Caller,
    act: str,
    *,
    target: str | None = None,
    outcome: Outcome = "done",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record one act, such as `user.disable`, `key.create`, `sign_in` or `chat.read`.

    `target` is the id of what was acted on; `details` are its facts as JSON, never a secret
    and never what somebody wrote. What is raised after it undoes it with its transaction: a
    refusal is noted in one of its own.
    """
    collect(session, Draft(body_of(caller, act, target=target, outcome=outcome, details=details)))


def body_of(
    caller: Caller,
    act: str,
    *,
    target: str | None = None,
    outcome: str = "done",
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    key = caller.key
    return {
        **fresh(),
        "act": act,
        "outcome": outcome,
        "target": target,
        "account": {"id": caller.id, "name": caller.name, "role": caller.role},
        "group": None if caller.group is None else {"id": caller.group},
        "via": caller.via,
        "address": caller.address,
        "session": caller.session_id,
        "key": None if key is None else {"id": key.id, "name": key.name},
        "model": None,
        "begin": None,
        "commitment": None,
        "details": dict(details or {}),
    }


def fresh() -> dict[str, Any]:
    """What no two records share. Whoever guesses a record that was deleted cannot compare it
    with its digest: they do not know the salt."""
    return {"v": VERSION, "id": f"aud-{uuid.uuid4().hex}", "salt": secrets.token_hex(16)}


def collect(session: Session, draft: Draft) -> None:
    """Have it written when the transaction commits."""
    root = session.get_transaction() or session.begin()
    kept = session.info.get(KEPT)
    if kept is None or kept.transaction is not root:
        kept = session.info[KEPT] = _Collected(root, [])
    kept.drafts.append(draft)


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    kept: _Collected | None = session.info.get(KEPT)
    if kept is None or session.in_nested_transaction():
        return
    del session.info[KEPT]
    if kept.transaction is session.get_transaction():
        session.flush()
        _append(session, kept.drafts)


def _append(session: Session, drafts: list[Draft]) -> None:
    """Raises `audit_head_missing`: what cannot be recorded is not done."""
    _name_groups(session, drafts)
    # From here until the commit, nobody else appends: SQLite has let nobody else in at all.
    connection = session.connection()
    head = connection.execute(_LOCKED_HEAD).one_or_none()
    if head is None:
        raise JimaeError("audit_head_missing")
    rows, contents, words = [], [], []
    seq, previous = head
    for draft in drafts:
        micros = time.time_ns() // 1000
        body = {**draft.body, "at": in_utc(micros), "at_jst": in_jst(micros)}
        text = canonical(body)
        seq += 1
        digest = sha256(text)
        chained = link_hash(seq, previous, digest)
        columns = columns_of(body)
        rows.append(
            {
                **columns._asdict(),
                "seq": seq,
                "body": text,
                "digest": digest,
                "previous": previous,
                "hash": chained,
            }
        )
        if draft.content is not None:
            contents.append(
                {
                    "id": columns.id,
                    "owner": columns.owner,
                    "created_at": columns.created_at,
                    "seq": seq,
                    "key_id": draft.content.key_id,
                    "sealed": draft.content.data,
                }
            )
        for piece, text in enumerate(draft.words):
            number = seq * PIECES + piece
            words.append(
                {
                    "id": f"{columns.id}-{piece}",
                    "owner": columns.owner,
                    "created_at": columns.created_at,
                    "number": number,
                    "words": text,
                }
            )
        previous = chained
    for table, found in ((AuditRecord, rows), (AuditContent, contents), (AuditWords, words)):
        if found:
            connection.execute(insert(table), found)
    connection.execute(_MOVED_HEAD, {"to_seq": seq, "to_hash": previous})


def _name_groups(session: Session, drafts: Iterable[Draft]) -> None:
    """Each group as it is called, and what it uses the server for, at this time."""
    known: dict[str, dict[str, str | None]] = {}
    for draft in drafts:
        group = draft.body["group"]
        if group is None or "name" in group:
            continue
        wanted = group["id"]
        if wanted not in known:
            found = session.execute(
                select(Group.name, Group.purpose).where(Group.id == wanted)
            ).one_or_none()
            name, purpose = (None, None) if found is None else found
            known[wanted] = {"id": wanted, "name": name, "purpose": purpose}
        draft.body["group"] = known[wanted]
