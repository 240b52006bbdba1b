"""The ledger: one row for each request, from the page and from programs alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from jimae.service.caller import Caller
from jimae.service.items import new_id
from jimae.service.limits.rules import Subject
from jimae.store.usage_tables import LedgerEntry
from jimae.types import Usage

Outcome = Literal["done", "stopped", "failed", "refused"]
"""How a request ended: it was answered, whoever asked left or stopped it, something broke, or
it was not let in."""

NOTHING = Usage(0, 0)

# To the table itself: every request adds a row, and an object of it would cost twice the time.
_ADD: Final = insert(LedgerEntry.metadata.tables[LedgerEntry.__tablename__])


class Spent(NamedTuple):
    """Tokens that a subject used on a day."""

    subject: Subject
    day: str
    tokens: int


def add(
    session: Session,
    caller: Caller,
    model: str,
    day: str,
    outcome: Outcome,
    *,
    usage: Usage = NOTHING,
    waited: float = 0.0,
    seconds: float = 0.0,
    code: str | None = None,
) -> None:
    session.execute(
        _ADD,
        {
            "id": new_id("use"),
            "owner": caller.id,
            "created_at": time.time(),
            "group_id": caller.group,
            "key_id": caller.key.id if caller.key is not None else None,
            "model": model,
            "day": day,
            "prompt_tokens": usage.prompt_tokens,
            "completion_tokens": usage.completion_tokens,
            "cached_tokens": usage.cached_tokens,
            "waited": waited,
            "seconds": seconds,
            "outcome": outcome,
            "code": code,
        },
    )


def subjects(caller: Caller) -> tuple[Subject, ...]:
    """Everybody whom a caller's use counts for."""
    found = [Subject("account", caller.id)]
    if caller.group is not None:
        found.append(Subject("group", caller.group))
    if caller.key is not None:
        found.append(Subject("key", caller.key.id))
    return tuple(found)


def spent(session: Session, since: str) -> Iterator[Spent]:
    """What each subject used on each day from `since` on."""
    entry = LedgerEntry
    tokens = func.sum(entry.prompt_tokens + entry.completion_tokens)
    rows = session.execute(
        select(entry.owner, entry.group_id, entry.key_id, entry.day, tokens)
        .where(entry.day >= since)
        .group_by(entry.owner, entry.group_id, entry.key_id, entry.day)
        .order_by(entry.day)
    )
    for account, group, key, day, used in rows:
        yield Spent(Subject("account", account), day, int(used))
        if group is not None:
            yield Spent(Subject("group", group), day, int(used))
        if key is not None:
            yield Spent(Subject("key", key), day, int(used))
