"""Accounts and groups that a directory keeps by SCIM 2.0. Every function is part of a
transaction.

A directory reaches only what it made here, or what its own people made by signing in: never an
account of this server, which is none of its people's, nor a group of the house.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeVar

from scim2_models import (
    Context,
    InvalidValueException,
    NotFoundException,
    PatchOp,
    UniquenessException,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import groups, people
from jimae.service.accounts.names import folded, sign_in_name
from jimae.service.accounts.people import Change, NewPerson
from jimae.service.caller import Caller
from jimae.service.directories.scim_models import POLICY, Group, User
from jimae.service.directories.scim_rows import (
    KnownGroup,
    KnownUser,
    group_of,
    mail_of,
    members_of,
    user_of,
)
from jimae.store import account_tables as tables
from jimae.store.directory_tables import ScimResource
from jimae.store.turns import take_turn

Kind = Literal["User", "Group"]
Body = Mapping[str, Any]
R = TypeVar("R", User, Group)

SOURCE: Final = "scim"
TURN: Final = "scim"
"""What those take turns at who change what a directory keeps."""
LONGEST: Final = {"displayName": 256, "externalId": 256, "emails": 320}


class Scope(NamedTuple):
    """Who asks, and for whom: `source` is where the accounts come from, `base` the address
    below which resources are."""

    caller: Caller
    source: str
    base: str


# --- people --------------------------------------------------------------------------


def create_user(session: Session, scope: Scope, body: Body) -> User:
    """Raises UniquenessException, InvalidValueException, and what pydantic raises."""
    take_turn(session, TURN)
    user = User.model_validate(body, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY)
    _check_lengths(user)
    account = _adoptable(session, scope, user)
    if account is None:
        account = _new_account(session, scope, user, body)
    row = _row(account.id, "User", user.user_name or "", user.external_id)
    session.add(row)
    session.flush()
    known = KnownUser(row, account)
    _keep_user(session, scope, known, user)
    return user_of(known, scope.base)


def get_user(session: Session, scope: Scope, user_id: str) -> User:
    return user_of(_user(session, user_id), scope.base)


def replace_user(session: Session, scope: Scope, user_id: str, body: Body) -> User:
    take_turn(session, TURN)
    known = _user(session, user_id)
    user = User.model_validate(
        body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY
    )
    before = user_of(known, scope.base)
    user.replace(before)
    if user.active is None:
        user.active = before.active
    _keep_user(session, scope, known, user)
    return user_of(known, scope.base)


def patch_user(session: Session, scope: Scope, user_id: str, body: Body) -> User:
    take_turn(session, TURN)
    known = _user(session, user_id)
    user = _patched(PatchOp[User], body, user_of(known, scope.base))
    _keep_user(session, scope, known, user)
    return user_of(known, scope.base)


def delete_user(session: Session, scope: Scope, user_id: str) -> None:
    """Take access away, and let go: what they wrote is kept or deleted by people here."""
    take_turn(session, TURN)
    row, account = _user(session, user_id)
    people.change(session, scope.caller, account, Change(disabled=True))
    for group, _ in groups.of(session, [account.id])[account.id]:
        if group.source == SOURCE:
            groups.leave(session, scope.caller, group, account)
    session.delete(row)


# --- groups --------------------------------------------------------------------------


def create_group(session: Session, scope: Scope, body: Body) -> Group:
    take_turn(session, TURN)
    wanted = Group.model_validate(
        body, scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY
    )
    _check_lengths(wanted)
    name = wanted.display_name or ""
    if _row_named(session, "Group", wanted.external_id) is not None:
        raise UniquenessException(attribute="externalId")
    try:
        group = groups.create(session, scope.caller, name, source=SOURCE)
    except JimaeError as error:
        raise _explained(error, "displayName") from None
    row = _row(group.id, "Group", name, wanted.external_id)
    session.add(row)
    session.flush()
    known = KnownGroup(row, group, {})
    _keep_group(session, scope, known, wanted)
    return get_group(session, scope, group.id)


def get_group(session: Session, scope: Scope, group_id: str) -> Group:
    return group_of(_group(session, group_id), scope.base)


def replace_group(session: Session, scope: Scope, group_id: str, body: Body) -> Group:
    take_turn(session, TURN)
    known = _group(session, group_id)
    wanted = Group.model_validate(
        body, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY
    )
    wanted.replace(group_of(known, scope.base))
    _keep_group(session, scope, known, wanted)
    return get_group(session, scope, group_id)


def patch_group(session: Session, scope: Scope, group_id: str, body: Body) -> Group:
    take_turn(session, TURN)
    known = _group(session, group_id)
    wanted = _patched(PatchOp[Group], body, group_of(known, scope.base))
    _keep_group(session, scope, known, wanted)
    return get_group(session, scope, group_id)


def delete_group(session: Session, scope: Scope, group_id: str) -> None:
    take_turn(session, TURN)
    row, group, _ = _group(session, group_id)
    session.delete(row)
    groups.delete(session, scope.caller, group)


# --- how both are found and kept -------------------------------------------------------


def _user(session: Session, user_id: str) -> KnownUser:
    row = session.get(ScimResource, user_id)
    if row is None or row.kind != "User":
        raise NotFoundException(detail=f"There is no user {user_id[:100]}.")
    return KnownUser(row, people.find(session, user_id))


def _group(session: Session, group_id: str) -> KnownGroup:
    row = session.get(ScimResource, group_id)
    if row is None or row.kind != "Group":
        raise NotFoundException(detail=f"There is no group {group_id[:100]}.")
    members = members_of(session, [group_id])[group_id]
    return KnownGroup(row, groups.find(session, group_id), members)


def _row(id_: str, kind: Kind, name: str, external_id: str | None) -> ScimResource:
    now = time.time()
    return ScimResource(
        id=id_,
        owner=id_,
        created_at=now,
        kind=kind,
        name=name,
        external_id=external_id,
        changed_at=now,
    )


def _row_named(session: Session, kind: Kind, external_id: str | None) -> ScimResource | None:
    if external_id is None:
        return None
    return session.scalar(
        select(ScimResource).where(
            ScimResource.kind == kind, ScimResource.external_id == external_id
        )
    )


def _adoptable(session: Session, scope: Scope, user: User) -> tables.Account | None:
    """An account that is this person's already: they signed in before the directory told of
    them, or were let go and come back. Raises UniquenessException for who is somebody else."""
    if _row_named(session, "User", user.external_id) is not None:
        raise UniquenessException(attribute="externalId")
    account = None
    if user.external_id is not None:
        account = session.scalar(
            select(tables.Account).where(
                tables.Account.source == scope.source,
                tables.Account.external_id == user.external_id,
            )
        )
    name = folded(user.user_name or "")
    named = session.scalar(select(tables.Account).where(tables.Account.name == name))
    if account is None and named is not None and named.source == scope.source:
        same = named.external_id in (None, user.external_id) or user.external_id is None
        account = named if same else None
    if named is not None and named is not account:
        raise UniquenessException(attribute="userName")
    if account is not None and session.get(ScimResource, account.id) is not None:
        raise UniquenessException(attribute="userName")
    return account


def _new_account(session: Session, scope: Scope, user: User, body: Body) -> tables.Account:
    wanted = NewPerson(
        name=user.user_name or "",
        display_name=(user.display_name or _shown(body) or user.user_name or "")[:256],
        mail=mail_of(user),
        source=scope.source,
        external_id=user.external_id,
    )
    try:
        return people.create(session, scope.caller, wanted)
    except JimaeError as error:
        raise _explained(error, "userName") from None


def _shown(body: Body) -> str | None:
    """The name to show of somebody without displayName, as `name` has it."""
    name = body.get("name")
    if not isinstance(name, dict):
        return None
    parts = (name.get("familyName"), name.get("givenName"))
    joined = " ".join(part for part in parts if isinstance(part, str) and part)
    formatted = name.get("formatted")
    return formatted if isinstance(formatted, str) and formatted else joined or None


def _patched(patch: type[PatchOp[R]], body: Body, before: R) -> R:
    wanted = patch.model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY)
    wanted.patch(before, scim_policy=POLICY)
    return before


def _keep_user(session: Session, scope: Scope, known: KnownUser, user: User) -> None:
    """Make the account what SCIM says. Raises UniquenessException, InvalidValueException."""
    row, account = known
    _check_lengths(user)
    _keep_external_id(session, row, user.external_id)
    if user.external_id is not None:
        _bind(session, account, user.external_id)
    row.name = user.user_name or ""
    wanted = Change(
        name=row.name if sign_in_name(row.name) != account.name else None,
        display_name=user.display_name or row.name,
        mail=mail_of(user) or "",
        disabled=None if user.active is None else not user.active,
    )
    try:
        people.change(session, scope.caller, account, wanted)
    except JimaeError as error:
        raise _explained(error, "userName") from None
    row.changed_at = time.time()


def _keep_group(session: Session, scope: Scope, known: KnownGroup, wanted: Group) -> None:
    row, group, members = known
    _check_lengths(wanted)
    _keep_external_id(session, row, wanted.external_id)
    row.name = wanted.display_name or ""
    try:
        groups.change(session, scope.caller, group, groups.GroupChange(name=row.name))
    except JimaeError as error:
        raise _explained(error, "displayName") from None
    now = dict.fromkeys(member.value for member in wanted.members or () if member.value)
    for account_id in members.keys() - now.keys():
        groups.leave(session, scope.caller, group, people.find(session, account_id))
    for account_id in now:
        if account_id not in members:
            groups.join(session, scope.caller, group, _member(session, account_id))
    row.changed_at = time.time()


def _member(session: Session, account_id: str) -> tables.Account:
    try:
        return _user(session, account_id).account
    except NotFoundException as error:
        raise InvalidValueException(attribute="members", detail=error.detail) from None


def _keep_external_id(session: Session, row: ScimResource, external_id: str | None) -> None:
    if external_id == row.external_id:
        return
    kind: Kind = "User" if row.kind == "User" else "Group"
    if _row_named(session, kind, external_id) is not None:
        raise UniquenessException(attribute="externalId")
    row.external_id = external_id


def _bind(session: Session, account: tables.Account, external_id: str) -> None:
    """Let the account be theirs who has this id, when they sign in."""
    other = session.scalar(
        select(tables.Account.id).where(
            tables.Account.source == account.source,
            tables.Account.external_id == external_id,
            tables.Account.id != account.id,
        )
    )
    if other is not None:
        raise UniquenessException(attribute="externalId")
    account.external_id = external_id


def _check_lengths(resource: User | Group) -> None:
    found = {"displayName": resource.display_name, "externalId": resource.external_id}
    if isinstance(resource, User):
        found["emails"] = mail_of(resource)
    for attribute, value in found.items():
        if value is not None and (len(value) > LONGEST[attribute] or "\0" in value):
            raise InvalidValueException(
                attribute=attribute, detail=f"{attribute} has at most {LONGEST[attribute]} letters."
            )


def _explained(error: JimaeError, attribute: str) -> Exception:
    """Our error in SCIM's words; those that have none stay as they are."""
    match error.code:
        case "name_taken":
            return UniquenessException(attribute=attribute, detail=str(error))
        case "name_unusable" | "name_length":
            return InvalidValueException(attribute=attribute, detail=str(error))
        case _:
            return error
