"""People: made, changed, kept out, and deleted. Every function is part of a transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, Literal, cast

import msgspec
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import attempts, belongings, sessions
from jimae.service.accounts.accounts import any_account
from jimae.service.accounts.belongings import After, Forget
from jimae.service.accounts.names import sign_in_name
from jimae.service.audit.record import note
from jimae.service.caller import LOCAL, Caller, Role
from jimae.service.items import new_id
from jimae.store.account_tables import Account, Membership
from jimae.store.store import locked

LOCAL_SOURCE: Final = "local"
MANAGING: Final[tuple[Role, ...]] = ("manager", "admin")
"""Roles that may look after a group."""
_ADMINS: Final = (Account.role == "admin", Account.disabled_at.is_(None))


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is to have an account. `source` and `external_id` are those of a directory,
    which then signs them in."""

    name: str
    display_name: str = ""
    mail: str | None = None
    role: Role = "user"
    source: str = LOCAL_SOURCE
    external_id: str | None = None


def create(
    session: Session,
    caller: Caller,
    wanted: NewPerson,
    *,
    password_hash: str | None = None,
    must_change_password: bool = False,
) -> Account:
    """A new account. The first one is an administrator's, who takes over everything that was
    kept while there were no accounts.

    Raises `name_unusable`, `name_length`, `name_taken`, `first_not_admin`.
    """
    name = sign_in_name(wanted.name)
    first = not any_account(session)
    if first and wanted.role != "admin":
        raise JimaeError("first_not_admin", param="role", name=name)
    if session.scalar(select(Account.id).where(Account.name == name)) is not None:
        raise JimaeError("name_taken", param="name", name=name)
    now = time.time()
    account = Account(
        id=(account_id := new_id("user")),
        owner=account_id,
        created_at=now,
        name=name,
        display_name=wanted.display_name or wanted.name.strip(),
        mail=wanted.mail,
        role=wanted.role,
        source=wanted.source,
        external_id=wanted.external_id,
        password_hash=password_hash,
        password_changed_at=None if password_hash is None else now,
        must_change_password=must_change_password,
    )
    session.add(account)
    session.flush()
    if first:
        belongings.take_over(session, LOCAL.id, account_id)
    details = {"name": name, "role": wanted.role, "source": wanted.source}
    note(session, caller, "user.create", target=account_id, details=details)
    return account


def find(session: Session, account_id: str) -> Account:
    """Locked until the end of a transaction that writes. Raises `user_not_found`."""
    # Administrators are locked with anybody, and always in one order: two of them who look
    # after each other at once wait, and do not stop each other.
    together = or_(Account.id == account_id, and_(*_ADMINS))
    session.execute(locked(session, select(Account.id).where(together).order_by(Account.id)))
    account = session.get(Account, account_id)
    if account is None:
        raise JimaeError("user_not_found", id=account_id[:100])
    return account


def named(session: Session, name: str) -> Account:
    """By the name they sign in with. Raises `user_not_found`."""
    account_id = session.scalar(select(Account.id).where(Account.name == sign_in_name(name)))
    if account_id is None:
        raise JimaeError("user_not_found", id=name[:100])
    return find(session, account_id)


def role_of(account: Account) -> Role:
    return cast(Role, account.role)


def set_password(
    session: Session,
    caller: Caller,
    account: Account,
    password_hash: str,
    *,
    must_change: bool,
) -> None:
    """Give somebody another password. It ends their sessions, but the one that asks for it."""
    account.password_hash = password_hash
    account.password_changed_at = time.time()
    account.must_change_password = must_change
    attempts.clear(session, account.name)
    kept = caller.session_id if caller.id == account.id else None
    ended = sessions.end_all(session, account.id, kept)
    act = "user.change_password" if caller.id == account.id else "user.reset_password"
    note(session, caller, act, target=account.id, details={"sessions_ended": ended})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; None leaves a thing as it is. `locked=False` forgets how often
    they failed to sign in."""

    name: str | None = None
    display_name: str | None = None
    mail: str | None = None
    role: Role | None = None
    disabled: bool | None = None
    must_change_password: bool | None = None
    locked: Literal[False] | None = None


def change(session: Session, caller: Caller, account: Account, wanted: Change) -> None:
    """Change somebody's account. Who is disabled loses their sessions.

    Raises `name_unusable`, `name_length`, `name_taken`, `role_not_yours`, `last_admin`,
    `password_elsewhere`.
    """
    details: dict[str, object] = {}
    if wanted.name is not None and (name := sign_in_name(wanted.name)) != account.name:
        if session.scalar(select(Account.id).where(Account.name == name)) is not None:
            raise JimaeError("name_taken", param="name", name=name)
        details["name"] = [account.name, name]
        account.name = name
    if wanted.display_name is not None and wanted.display_name != account.display_name:
        account.display_name = wanted.display_name
        details["display_name"] = True
    if wanted.mail is not None and wanted.mail != (account.mail or ""):
        account.mail = wanted.mail or None
        details["mail"] = True
    if wanted.role is not None and wanted.role != account.role:
        _set_role(session, caller, account, wanted.role)
        details["role"] = wanted.role
    if wanted.must_change_password is not None:
        _set_must_change(caller, account, wanted.must_change_password)
        details["must_change_password"] = wanted.must_change_password
    if details:
        note(session, caller, "user.change", target=account.id, details=details)
    if wanted.disabled is not None and wanted.disabled != (account.disabled_at is not None):
        _set_disabled(session, caller, account, wanted.disabled)
    if wanted.locked is False and attempts.clear(session, account.name):
        note(session, caller, "user.unlock", target=account.id)
    session.flush()


def delete(
    session: Session,
    caller: Caller,
    account: Account,
    *,
    parts: Sequence[Forget] = (),
    heir: Account | None = None,
) -> list[After]:
    """Delete an account with everything of it, or give what its owner made to `heir` before.

    Returns what is left to do once this is committed. Raises `last_admin`, `heir_same`.
    """
    _keep_an_admin(session, account)
    if heir is not None:
        if heir.id == account.id:
            raise JimaeError("heir_same", param="transfer_to", name=account.name)
        belongings.give(session, account.id, heir.id)
    details = {"name": account.name, "transferred_to": None if heir is None else heir.id}
    note(session, caller, "user.delete", target=account.id, details=details)
    attempts.clear(session, account.name)
    session.flush()
    left = belongings.forget(session, account.id, parts)
    session.expunge(account)
    return left


def reachable(session: Session, caller: Caller, account_id: str) -> Account:
    """Somebody whom the caller looks after: an administrator anybody, a manager those of their
    groups who have no role of their own. Raises `user_not_found` for others, too."""
    account = find(session, account_id)
    if caller.role == "admin":
        return account
    member = session.scalar(
        select(Membership.id).where(
            Membership.account_id == account.id, Membership.group_id.in_(caller.manages)
        )
    )
    if caller.role != "manager" or member is None or account.role != "user":
        raise JimaeError("user_not_found", id=account_id[:100])
    return account


def is_admin_there(session: Session) -> bool:
    """Whether anybody can look after this server."""
    return session.scalar(select(Account.id).where(*_ADMINS).limit(1)) is not None


def _set_role(session: Session, caller: Caller, account: Account, role: Role) -> None:
    if caller.role != "admin":
        raise JimaeError("role_not_yours", param="role")
    if account.role == "admin":
        _keep_an_admin(session, account)
    account.role = role
    if role not in MANAGING:
        session.execute(
            update(Membership).where(Membership.account_id == account.id).values(manages=False)
        )


def _set_must_change(caller: Caller, account: Account, must_change: bool) -> None:
    if caller.role != "admin":
        raise JimaeError("role_not_yours", param="must_change_password")
    if account.password_hash is None:
        raise JimaeError("password_elsewhere", source=account.source)
    account.must_change_password = must_change


def _set_disabled(session: Session, caller: Caller, account: Account, disabled: bool) -> None:
    if not disabled:
        account.disabled_at = None
        attempts.clear(session, account.name)
        note(session, caller, "user.enable", target=account.id)
        return
    _keep_an_admin(session, account)
    account.disabled_at = time.time()
    ended = sessions.end_all(session, account.id)
    note(session, caller, "user.disable", target=account.id, details={"sessions_ended": ended})


def _keep_an_admin(session: Session, account: Account) -> None:
    """Raises `last_admin` if there would be none without this one. The rows are locked: two
    administrators cannot remove each other at once."""
    admins = session.scalars(
        select(Account.id).where(*_ADMINS).order_by(Account.id).with_for_update()
    ).all()
    if list(admins) == [account.id]:
        raise JimaeError("last_admin", name=account.name)
