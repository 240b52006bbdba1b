"""Lists of what SCIM keeps: filtered, sorted, a page at a time (RFC 7644, section 3.4.2)."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeVar

from scim2_models import SearchRequest, TooManyException
from scim2_models.path import CompareOperator, Comparison
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from jimae.service.accounts.names import folded
from jimae.service.directories.scim import Scope
from jimae.service.directories.scim_models import MOST_RESULTS, Group, User
from jimae.service.directories.scim_rows import (
    KnownGroup,
    KnownUser,
    group_of,
    members_of,
    user_of,
)
from jimae.store import account_tables as tables
from jimae.store.directory_tables import ScimResource

R = TypeVar("R", User, Group)

PAGE: Final = 100
# What is looked through in memory, for filters that a database cannot be asked.
MOST_LOOKED_THROUGH: Final = 5000


class Found(NamedTuple):
    """One page: `start` is the place of its first, from 1."""

    resources: list[Any]
    total: int
    start: int


def users(session: Session, scope: Scope, asked: SearchRequest[User]) -> Found:
    wanted = select(ScimResource).where(ScimResource.kind == "User")

    def read(rows: list[ScimResource]) -> list[User]:
        ids = [row.id for row in rows]
        accounts = session.scalars(select(tables.Account).where(tables.Account.id.in_(ids)))
        by_id = {account.id: account for account in accounts}
        return [user_of(KnownUser(row, by_id[row.id]), scope.base) for row in rows]

    return _found(session, wanted, asked, read)


def groups(session: Session, scope: Scope, asked: SearchRequest[Group]) -> Found:
    wanted = select(ScimResource).where(ScimResource.kind == "Group")

    def read(rows: list[ScimResource]) -> list[Group]:
        ids = [row.id for row in rows]
        members = members_of(session, ids)
        found = session.scalars(select(tables.Group).where(tables.Group.id.in_(ids)))
        by_id = {group.id: group for group in found}
        return [
            group_of(KnownGroup(row, by_id[row.id], members[row.id]), scope.base) for row in rows
        ]

    return _found(session, wanted, asked, read)


def _found(
    session: Session, wanted: Select[ScimResource], asked: SearchRequest[Any], read: Any
) -> Found:
    start = asked.start_index or 1
    count = min(PAGE if asked.count is None else asked.count, MOST_RESULTS)
    ordered = wanted.order_by(ScimResource.created_at, ScimResource.id)
    if asked.filter is None and asked.sort_by is None:
        total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        rows = session.scalars(ordered.offset(start - 1).limit(count)).all()
        return Found(read(list(rows)), total, start)
    if asked.filter is not None and (narrow := _narrowed(asked.filter.ast)) is not None:
        ordered = ordered.where(narrow)
    rows = session.scalars(ordered.limit(MOST_LOOKED_THROUGH + 1)).all()
    if len(rows) > MOST_LOOKED_THROUGH:
        raise TooManyException
    found = read(list(rows))
    if asked.filter is not None:
        found = [resource for resource in found if asked.filter.match(resource)]
    found = asked.sort(found)
    return Found(found[start - 1 : start - 1 + count], len(found), start)


def _narrowed(node: object) -> ColumnElement[bool] | None:
    """What a database can find by itself: the one question that directories ask all the time."""
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq:
        return None
    if node.attr_path.sub_attr is not None or not isinstance(node.value, str):
        return None
    match node.attr_path.attr.lower():
        case "id":
            return ScimResource.id == node.value
        case "externalid":
            return ScimResource.external_id == node.value
        case "username":
            named = select(tables.Account.id).where(tables.Account.name == folded(node.value))
            return ScimResource.id.in_(named)
        case _:
            return None
