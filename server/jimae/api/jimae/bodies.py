"""People, groups and sessions as our own API tells them. Times are Unix seconds."""

from __future__ import annotations

from typing import Literal, cast

from typing_extensions import TypedDict

from jimae.service.accounts.accounts import Me
from jimae.service.accounts.listing import Joined, Listed, ListedGroup
from jimae.service.caller import Role, Via
from jimae.store.account_tables import SignIn


class OwnGroup(TypedDict):
    id: str
    name: str
    purpose: str
    manages: bool


class MeBody(TypedDict):
    """Who is signed in. The first group is the one they work in."""

    id: str
    name: str
    display_name: str
    role: Role
    groups: list[OwnGroup]
    must_change_password: bool
    via: Via


class UserBody(TypedDict):
    """An account. `source` is `local` or the directory that signs it in; `locked_until` until
    when they have to wait, having failed to sign in too often. `last_seen_at` is of their
    last request, with a key as well."""

    id: str
    name: str
    display_name: str
    mail: str | None
    role: Role
    groups: list[OwnGroup]
    source: str
    disabled: bool
    locked_until: float | None
    must_change_password: bool
    created_at: float
    last_sign_in_at: float | None
    last_seen_at: float | None


class NewUserBody(UserBody):
    """`password` is the one for the first sign-in if it was made up; it is told this once."""

    password: str | None


class UserList(TypedDict):
    data: list[UserBody]
    has_more: bool


class OneTimeBody(TypedDict):
    """A password that has to be changed; it is told this once."""

    id: str
    password: str


class GroupBody(TypedDict):
    id: str
    name: str
    purpose: str
    source: str
    members: int
    created_at: float


class GroupList(TypedDict):
    data: list[GroupBody]
    has_more: bool


class SessionRow(TypedDict):
    """One session. `current` is that of this request; `agent` what its program calls itself."""

    id: str
    created_at: float
    seen_at: float
    expires_at: float
    address: str
    agent: str
    current: bool


class SessionList(TypedDict):
    data: list[SessionRow]
    has_more: Literal[False]


class Ended(TypedDict):
    """How many sessions were ended."""

    ended: int


class Deleted(TypedDict):
    id: str
    deleted: Literal[True]


def me_body(me: Me) -> MeBody:
    caller = me.caller
    return {
        "id": caller.id,
        "name": caller.name,
        "display_name": me.display_name,
        "role": caller.role,
        "groups": [
            own_group(Joined(group.id, group.name, group.purpose, group.id in caller.manages))
            for group in me.groups
        ],
        "must_change_password": caller.must_change_password,
        "via": caller.via,
    }


def user_body(listed: Listed) -> UserBody:
    account = listed.account
    return {
        "id": account.id,
        "name": account.name,
        "display_name": account.display_name,
        "mail": account.mail,
        "role": cast(Role, account.role),
        "groups": [own_group(group) for group in listed.groups],
        "source": account.source,
        "disabled": account.disabled_at is not None,
        "locked_until": listed.locked_until,
        "must_change_password": account.must_change_password,
        "created_at": account.created_at,
        "last_sign_in_at": account.last_sign_in_at,
        "last_seen_at": account.last_seen_at,
    }


def own_group(group: Joined) -> OwnGroup:
    return {
        "id": group.id,
        "name": group.name,
        "purpose": group.purpose,
        "manages": group.manages,
    }


def group_body(listed: ListedGroup) -> GroupBody:
    group = listed.group
    return {
        "id": group.id,
        "name": group.name,
        "purpose": group.purpose,
        "source": group.source,
        "members": listed.members,
        "created_at": group.created_at,
    }


def session_row(row: SignIn, current: str | None) -> SessionRow:
    return {
        "id": row.id,
        "created_at": row.created_at,
        "seen_at": row.seen_at,
        "expires_at": row.expires_at,
        "address": row.address,
        "agent": row.agent,
        "current": row.id == current,
    }
