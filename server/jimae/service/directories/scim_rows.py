"""Between what SCIM says of accounts and groups and the rows that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from scim2_models import Meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.service.directories.scim_models import Email, Group, Member, User
from jimae.store import account_tables as tables
from jimae.store.directory_tables import ScimResource


class KnownUser(NamedTuple):
    row: ScimResource
    account: tables.Account


class KnownGroup(NamedTuple):
    row: ScimResource
    group: tables.Group
    members: Mapping[str, str]
    """Names of members by the ids of their accounts."""


def user_of(known: KnownUser, base: str) -> User:
    row, account = known
    emails = None
    if account.mail is not None:
        emails = [Email(value=account.mail, type="work", primary=True)]
    return User(
        id=row.id,
        external_id=row.external_id,
        user_name=row.name,
        display_name=account.display_name,
        active=account.disabled_at is None,
        emails=emails,
        meta=_meta(row, base),
    )


def group_of(known: KnownGroup, base: str) -> Group:
    members = [
        Member(value=id_, ref=f"{base}/Users/{id_}", type="User", display=name)
        for id_, name in known.members.items()
    ]
    return Group(
        id=known.row.id,
        external_id=known.row.external_id,
        display_name=known.row.name,
        members=members or None,
        meta=_meta(known.row, base),
    )


def members_of(session: Session, group_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Who is in each group, of those whom SCIM keeps, by group."""
    found: dict[str, dict[str, str]] = {group_id: {} for group_id in group_ids}
    rows = session.execute(
        select(tables.Membership.group_id, ScimResource.id, ScimResource.name)
        .join(ScimResource, ScimResource.id == tables.Membership.account_id)
        .where(tables.Membership.group_id.in_(found))
        .order_by(tables.Membership.created_at, tables.Membership.id)
    )
    for group_id, account_id, name in rows:
        found[group_id][account_id] = name
    return found


def mail_of(user: User) -> str | None:
    """The one address that is kept."""
    emails = [email for email in user.emails or () if email.value]
    best = next((email for email in emails if email.primary), emails[0] if emails else None)
    return None if best is None else best.value


def _meta(row: ScimResource, base: str) -> Meta:
    return Meta(
        resource_type=row.kind,
        created=datetime.fromtimestamp(row.created_at, UTC),
        last_modified=datetime.fromtimestamp(row.changed_at, UTC),
        location=f"{base}/{row.kind}s/{row.id}",
    )
