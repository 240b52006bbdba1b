"""The limits that are set: read from the store, changed in it, known at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import LOCAL, Caller
from jimae.service.items import new_id
from jimae.service.limits.rules import EVERYBODY, NONE, Kept, Kind, Rules, Subject
from jimae.store.account_tables import Account, ApiKey, Group
from jimae.store.store import Store
from jimae.store.usage_tables import Limit

# Two that change limits in the same instant may commit in the other order.
READ_AGAIN_SECONDS: Final = 10.0
_NEWEST: Final = select(func.max(Limit.changed_at))


class Book:
    """All limits in memory, as new as the last question for them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: Mapping[Subject, Kept] = {}
        self._newest: float | None = None
        self._read_at = float("-inf")

    @property
    def kept(self) -> Mapping[Subject, Kept]:
        return self._kept

    async def refresh(self) -> Mapping[Subject, Kept]:
        """Read them again if anybody, in whatever process, changed them.

        One look at an index tells. Raises what `Store.read` raises.
        """
        newest, fresh = self._newest, time.monotonic() - self._read_at < READ_AGAIN_SECONDS

        def look(session: Session) -> tuple[float | None, Mapping[Subject, Kept] | None]:
            now = session.scalar(_NEWEST)
            return now, None if fresh and now == newest else kept(session)

        # Limits that change between the two are read again the next time.
        self._newest, found = await self._store.look_up(look)
        if found is not None:
            self._kept, self._read_at = found, time.monotonic()
        return self._kept


def kept(session: Session) -> dict[Subject, Kept]:
    """Every limit that is set, of those that are still there."""
    rows = [(subject_of(row), rules_of(row)) for row in session.scalars(select(Limit))]
    limited = [(subject, rules) for subject, rules in rows if rules != NONE]
    names = _names(session, [subject for subject, _ in limited])
    return {subject: Kept(rules, names[subject]) for subject, rules in limited if subject in names}


def get(session: Session, subject: Subject) -> tuple[str, Rules]:
    """The name of a subject and its limits. Raises `subject_unknown`."""
    name = _known(session, subject)
    row = _row(session, subject)
    return name, NONE if row is None else rules_of(row)


def put(session: Session, caller: Caller, subject: Subject, rules: Rules) -> None:
    """Set the limits of a subject, in place of those it had. `NONE` takes them away.

    Raises `subject_unknown`.
    """
    _known(session, subject)
    row = _row(session, subject)
    last = session.scalar(_NEWEST) or 0.0
    # Later than any other also where the clock was put back: that it grows is what others see.
    now = max(time.time(), last + 1e-3)
    if row is None:
        row = Limit(id=new_id("limit"), owner=subject.id, kind=subject.kind, created_at=now)
        session.add(row)
    row.rules = msgspec.to_builtins(rules)
    row.changed_at = now
    act = "limit.set" if rules != NONE else "limit.delete"
    note(session, caller, act, target=str(subject), details=row.rules)


def rules_of(row: Limit) -> Rules:
    return msgspec.convert(row.rules, Rules)


def subject_of(row: Limit) -> Subject:
    return Subject(msgspec.convert(row.kind, Kind), row.owner)


def _row(session: Session, subject: Subject) -> Limit | None:
    return session.scalar(
        select(Limit).where(Limit.kind == subject.kind, Limit.owner == subject.id)
    )


def _known(session: Session, subject: Subject) -> str:
    name = _names(session, [subject]).get(subject)
    if name is None:
        raise JimaeError("subject_unknown", kind=subject.kind, id=subject.id)
    return name


def _names(session: Session, subjects: list[Subject]) -> dict[Subject, str]:
    """The names of those that there are."""
    found = {EVERYBODY: EVERYBODY.id, Subject("account", LOCAL.id): LOCAL.name}
    for kind, table in _TABLES.items():
        ids = [subject.id for subject in subjects if subject.kind == kind]
        if ids:
            rows = session.execute(select(table.id, table.name).where(table.id.in_(ids)))
            found |= {Subject(kind, id): name for id, name in rows}
    return found


_TABLES: Final[dict[Kind, type[Account] | type[Group] | type[ApiKey]]] = {
    "account": Account,
    "group": Group,
    "key": ApiKey,
}
