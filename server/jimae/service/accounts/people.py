"""People: made, changed, kept out, and deleted. Every function is part of a transaction."""

from __future__ import annotations

import time
from typing import Final, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import attempts, belongings, sessions
from jimae.service.accounts.accounts import any_account
from jimae.service.accounts.names import sign_in_name
from jimae.service.audit.record import note
from jimae.service.caller import LOCAL, Caller, Role
from jimae.service.items import new_id
from jimae.store.account_tables import Account

LOCAL_SOURCE: Final = "local"


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
    account = session.get(Account, account_id, with_for_update=True)
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
