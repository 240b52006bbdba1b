"""Who there is, page by page: what administrators and managers look through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, or_, select, tuple_
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import attempts, groups
from jimae.service.accounts.names import folded
from jimae.service.caller import Caller, Role
from jimae.store.account_tables import Account, Group, Membership


class Joined(NamedTuple):
    """A group as one of its members has it."""

    id: str
    name: str
    purpose: str
    manages: bool


class Listed(NamedTuple):
    """Somebody with their groups. `locked_until`: they failed to sign in too often, and have to
    wait until then."""

    account: Account
    groups: tuple[Joined, ...]
    locked_until: float | None = None


class ListedGroup(NamedTuple):
    group: Group
    members: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which people: those with a text in their names or mail, of a group, with a role."""

    text: str | None = None
    group: str | None = None
    role: Role | None = None
    disabled: bool | None = None
    after: str | None = None
    limit: int = 50


def people(session: Session, caller: Caller, wanted: Wanted) -> tuple[list[Listed], bool]:
    """A page by name, and whether there are more: everybody to an administrator, to a manager
    the members of their groups. Raises `user_not_found` for `after`."""
    query = select(Account)
    if caller.role != "admin":
        query = query.where(Account.id.in_(_members(caller.manages)))
    if wanted.group is not None:
        query = query.where(Account.id.in_(_members([wanted.group])))
    if wanted.text:
        query = query.where(_has(wanted.text))
    if wanted.role is not None:
        query = query.where(Account.role == wanted.role)
    if wanted.disabled is not None:
        query = query.where(Account.disabled_at.is_not(None) == wanted.disabled)
    if wanted.after is not None:
        last = session.get(Account, wanted.after)
        if last is None:
            raise JimaeError("user_not_found", param="after", id=wanted.after)
        query = query.where(Account.name > last.name)
    found = session.scalars(query.order_by(Account.name).limit(wanted.limit + 1)).all()
    return with_groups(session, found[: wanted.limit]), len(found) > wanted.limit


def with_groups(session: Session, accounts: Sequence[Account]) -> list[Listed]:
    joined = groups.of(session, [account.id for account in accounts])
    locked = attempts.locked(session, [account.name for account in accounts])
    return [
        Listed(
            account,
            tuple(
                Joined(group.id, group.name, group.purpose, membership.manages)
                for group, membership in joined[account.id]
            ),
            locked.get(account.name),
        )
        for account in accounts
    ]


def all_groups(
    session: Session, caller: Caller, *, text: str | None, after: str | None, limit: int
) -> tuple[list[ListedGroup], bool]:
    """A page by name, and whether there are more: to a manager those they look after. Raises
    `group_not_found` for `after`."""
    query = select(Group)
    if caller.role != "admin":
        query = query.where(Group.id.in_(caller.manages))
    if text:
        query = query.where(
            or_(
                Group.name.icontains(text, autoescape=True),
                Group.purpose.icontains(text, autoescape=True),
            )
        )
    if after is not None:
        last = session.get(Group, after)
        if last is None:
            raise JimaeError("group_not_found", param="after", id=after)
        query = query.where(tuple_(Group.name, Group.id) > tuple_(last.name, last.id))
    found = session.scalars(query.order_by(Group.name, Group.id).limit(limit + 1)).all()
    counted = groups.sizes(session, [group.id for group in found])
    return [ListedGroup(group, counted[group.id]) for group in found[:limit]], len(found) > limit


def _members(group_ids: Sequence[str]) -> Select[str]:
    return select(Membership.account_id).where(Membership.group_id.in_(group_ids))


def _has(text: str) -> ColumnElement[bool]:
    return or_(
        Account.name.contains(folded(text), autoescape=True),
        Account.display_name.icontains(text, autoescape=True),
        Account.mail.icontains(text, autoescape=True),
    )
