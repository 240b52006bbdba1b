"""Of whom a hold is: people and groups by id or name, those who are gone by what the log says."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts.names import folded
from jimae.store.account_tables import Account, Group
from jimae.store.audit_tables import AuditRecord


class Named(NamedTuple):
    """A person or a group; of one whom nobody knows any more, the name is the id."""

    id: str
    name: str


def account(session: Session, wanted: str) -> str:
    """The id of a person, by id or by the name they sign in with; also of one who is deleted,
    by what the log calls them. Raises `user_not_found`."""
    known = select(Account.id).where(or_(Account.id == wanted, Account.name == folded(wanted)))
    noted = or_(AuditRecord.owner == wanted, AuditRecord.name == wanted)
    found = session.scalar(known) or _newest(session, AuditRecord.owner, noted)
    if not found:
        raise JimaeError("user_not_found", param="account", id=wanted[:100])
    return str(found)


def group(session: Session, wanted: str) -> str:
    """The id of a group, by id or name; also of one that is deleted, by its id. Raises
    `group_not_found`."""
    known = select(Group.id).where(or_(Group.id == wanted, Group.name == wanted))
    noted = AuditRecord.group_id == wanted
    found = session.scalar(known) or _newest(session, AuditRecord.group_id, noted)
    if not found:
        raise JimaeError("group_not_found", param="group", id=wanted[:100])
    return str(found)


def names(session: Session, ids: Collection[str]) -> dict[str, Named]:
    """How people and groups of these ids are called."""
    return {one.id: one for one in _names(session, ids)}


def _names(session: Session, ids: Collection[str]) -> Iterator[Named]:
    missing = set(ids)
    for table in (Account, Group):
        for id_, name in session.execute(select(table.id, table.name).where(table.id.in_(ids))):
            missing.discard(id_)
            yield Named(id_, name)
    for id_ in missing:
        yield Named(id_, _newest(session, AuditRecord.name, AuditRecord.owner == id_) or id_)


def _newest(session: Session, column: object, which: ColumnElement[bool]) -> str | None:
    found: str | None = session.scalar(
        select(column).where(which).order_by(AuditRecord.seq.desc()).limit(1)  # type: ignore[call-overload]
    )
    return found
