"""Groups and who belongs to them. Every function is part of a transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts.names import folded
from jimae.service.accounts.people import LOCAL_SOURCE, MANAGING, role_of
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.items import new_id
from jimae.service.policy.changes import forget_group
from jimae.store.account_tables import NAME_LENGTH, Account, Group, Membership
from jimae.store.store import locked


class GroupChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; None leaves a thing as it is."""

    name: str | None = None
    purpose: str | None = None


def create(
    session: Session,
    caller: Caller,
    name: str,
    purpose: str = "",
    *,
    source: str = LOCAL_SOURCE,
    external_id: str | None = None,
) -> Group:
    """A new group. Raises `name_length`, `name_taken`."""
    name = _name(session, name)
    row = Group(
        id=(group_id := new_id("group")),
        owner=group_id,
        created_at=time.time(),
        name=name,
        purpose=purpose,
        source=source,
        external_id=external_id,
    )
    session.add(row)
    session.flush()
    note(session, caller, "group.create", target=group_id, details={"name": name})
    return row


def find(session: Session, group_id: str) -> Group:
    """Raises `group_not_found`."""
    group = session.scalar(locked(session, select(Group).where(Group.id == group_id)))
    if group is None:
        raise JimaeError("group_not_found", id=group_id[:100])
    return group


def named(session: Session, name: str) -> Group:
    """By its name, however it is written. Raises `group_not_found`."""
    group = _like(session, name)
    if group is None:
        raise JimaeError("group_not_found", id=name[:100])
    return group


def reachable(session: Session, caller: Caller, group_id: str) -> Group:
    """A group that the caller looks after. Raises `group_not_found` for others, too."""
    if caller.role != "admin" and group_id not in caller.manages:
        raise JimaeError("group_not_found", id=group_id[:100])
    return find(session, group_id)


def change(session: Session, caller: Caller, group: Group, wanted: GroupChange) -> None:
    """Raises `name_length`, `name_taken`."""
    details: dict[str, object] = {}
    if wanted.name is not None and wanted.name != group.name:
        name = _name(session, wanted.name, group)
        details["name"] = [group.name, name]
        group.name = name
    if wanted.purpose is not None and wanted.purpose != group.purpose:
        details["purpose"] = [group.purpose, wanted.purpose]
        group.purpose = wanted.purpose
    if details:
        note(session, caller, "group.change", target=group.id, details=details)
        session.flush()


def delete(session: Session, caller: Caller, group: Group) -> None:
    """Its members stay, without it."""
    session.execute(delete_rows(Membership).where(Membership.group_id == group.id))
    forget_group(session, group.id)
    note(session, caller, "group.delete", target=group.id, details={"name": group.name})
    session.delete(group)
    session.flush()


def join(
    session: Session, caller: Caller, group: Group, account: Account, *, manages: bool = False
) -> None:
    """Make somebody a member, or change whether they look after the group.

    Raises `not_a_manager` for who has not the role to.
    """
    if manages and role_of(account) not in MANAGING:
        raise JimaeError("not_a_manager", param="manages", name=account.name, role=account.role)
    row = _membership(session, group, account)
    if row is None:
        session.add(
            Membership(
                id=new_id("member"),
                owner=account.id,
                created_at=time.time(),
                account_id=account.id,
                group_id=group.id,
                manages=manages,
                chosen=False,
            )
        )
    elif row.manages == manages:
        return
    else:
        row.manages = manages
    session.flush()
    details = {"group": group.id, "manages": manages}
    note(session, caller, "group.join", target=account.id, details=details)


def leave(session: Session, caller: Caller, group: Group, account: Account) -> None:
    """Raises `not_a_member`."""
    row = _membership(session, group, account)
    if row is None:
        raise JimaeError("not_a_member", name=account.name, group=group.name)
    session.delete(row)
    session.flush()
    note(session, caller, "group.leave", target=account.id, details={"group": group.id})


def choose(session: Session, caller: Caller, group_id: str) -> None:
    """Which of one's groups one works in. Raises `group_not_found`."""
    if group_id not in caller.groups:
        raise JimaeError("group_not_found", param="group", id=group_id[:100])
    session.execute(
        update(Membership)
        .where(Membership.account_id == caller.id)
        .values(chosen=Membership.group_id == group_id)
    )
    note(session, caller, "group.choose", target=group_id)


def of(session: Session, account_ids: Sequence[str]) -> dict[str, list[tuple[Group, Membership]]]:
    """The groups of each account, that of the work first."""
    found: dict[str, list[tuple[Group, Membership]]] = {one: [] for one in account_ids}
    rows = session.execute(
        select(Group, Membership)
        .join(Membership, Membership.group_id == Group.id)
        .where(Membership.account_id.in_(account_ids))
        .order_by(Membership.chosen.desc(), Membership.created_at, Membership.id)
    )
    for group, membership in rows:
        found[membership.account_id].append((group, membership))
    return found


def sizes(session: Session, group_ids: Sequence[str]) -> dict[str, int]:
    """How many members each has."""
    counted = dict.fromkeys(group_ids, 0)
    rows = session.execute(
        select(Membership.group_id, func.count())
        .where(Membership.group_id.in_(group_ids))
        .group_by(Membership.group_id)
    )
    for group_id, members in rows:
        counted[group_id] = members
    return counted


def _membership(session: Session, group: Group, account: Account) -> Membership | None:
    return session.scalar(
        select(Membership).where(
            Membership.account_id == account.id, Membership.group_id == group.id
        )
    )


def _name(session: Session, name: str, but: Group | None = None) -> str:
    """A name as people write it: only the comparison folds it."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise JimaeError("name_length", param="name", length=len(name), most=NAME_LENGTH)
    other = _like(session, name)
    if other is not None and other is not but:
        raise JimaeError("name_taken", param="name", name=other.name)
    return name


def _like(session: Session, name: str) -> Group | None:
    # Departments are few, and a database does not fold as we do.
    wanted = folded(name)
    return next((one for one in session.scalars(select(Group)) if folded(one.name) == wanted), None)
