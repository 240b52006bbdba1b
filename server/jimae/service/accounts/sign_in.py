"""Signing in and out: with a password of this server, or one that a directory knows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import attempts, people, sessions, setup
from jimae.service.accounts.names import cut, sign_in_name
from jimae.service.accounts.passwords import Passwords
from jimae.service.accounts.sessions import Opened, Visitor
from jimae.service.audit.record import note
from jimae.service.caller import LOCAL, Caller
from jimae.settings import AccountsSettings
from jimae.store.account_tables import Account, SignIn
from jimae.store.store import Store


class Directory(Protocol):
    """Something outside that knows people and their passwords."""

    async def check(self, name: str, password: str) -> str | None:
        """The id of the account of who this is, made or brought up to date; None for a
        stranger or a wrong password. Raises JimaeError if it cannot be asked."""
        ...


class _Known(NamedTuple):
    """What an attempt begins with. `wait` is in seconds; `password_hash` None if there is
    nobody whom a password of this server lets in."""

    wait: float
    password_hash: str | None = None


class SignIns:
    """Every answer to a stranger takes as long and says the same, whoever they say they are."""

    def __init__(
        self,
        store: Store,
        settings: AccountsSettings,
        passwords: Passwords,
        directories: Sequence[Directory] = (),
    ) -> None:
        self._store = store
        self._seconds = settings.session_hours * 3600
        self._passwords = passwords
        self._directories = directories

    async def sign_in(
        self, name: str, password: str, visitor: Visitor, replaced: str | None = None
    ) -> Opened:
        """A new session, always with a new token; that of the token `replaced` ends.

        Raises `sign_in_failed`, `sign_in_wait`, `too_many_sign_ins`, and what a directory
        raises.
        """
        name = cut(name)
        known = await self._store.write(partial(_begin, name=name, visitor=visitor))
        if known.wait > 0:
            raise JimaeError("sign_in_wait", seconds=int(known.wait) + 1, retry_after=known.wait)
        matches = await self._passwords.matches(known.password_hash, password)
        account_id = None if matches else await self._ask_directories(name, password)
        better = None
        if matches and known.password_hash and self._passwords.is_weaker(known.password_hash):
            better = await self._passwords.hash(password)

        def finish(session: Session) -> Opened | None:
            account = _let_in(session, name, known if matches else None, account_id)
            if account is None:
                _refused(session, name, visitor, "wrong")
                return None
            if better is not None:
                account.password_hash = better
            attempts.succeeded(session, name, visitor.address)
            way = "password" if matches else account.source
            return self._begin_session(session, account, visitor, way, replaced)

        opened = await self._store.write(finish)
        if opened is None:
            raise JimaeError("sign_in_failed")
        return opened

    async def vouched(
        self, account_id: str, way: str, visitor: Visitor, replaced: str | None = None
    ) -> Opened:
        """A new session for somebody whom another server has let in; `way` names it.

        Raises `sign_in_failed` for who is disabled.
        """

        def begin(session: Session) -> Opened | None:
            account = session.get(Account, account_id)
            if account is None or account.disabled_at is not None:
                _refused(session, "" if account is None else account.name, visitor, "disabled")
                return None
            return self._begin_session(session, account, visitor, way, replaced)

        opened = await self._store.write(begin)
        if opened is None:
            raise JimaeError("sign_in_failed")
        return opened

    async def set_up(self, code: str, name: str, password: str, visitor: Visitor) -> Opened:
        """The first administrator, with the code of the terminal; they are signed in.

        Raises `setup_done`, `setup_no_code`, `setup_code_wrong`, and what is wrong with the
        name or the password.
        """
        self._passwords.check(password, sign_in_name(name))
        password_hash = await self._passwords.hash(password)

        def make(session: Session) -> Opened | JimaeError:
            wrong = setup.use_code(session, code)
            if wrong is not None:
                return wrong
            admin = people.NewPerson(name=name, role="admin")
            account = people.create(session, LOCAL, admin, password_hash=password_hash)
            return self._begin_session(session, account, visitor, "setup", None)

        made = await self._store.write(make)
        if isinstance(made, JimaeError):
            raise made
        return made

    async def sign_out(self, caller: Caller) -> None:
        def end(session: Session) -> None:
            if caller.session_id and sessions.end(session, caller.id, caller.session_id):
                note(session, caller, "session.end", target=caller.session_id)

        await self._store.write(end)

    async def change_password(self, caller: Caller, current: str, new: str) -> None:
        """One's own: ends one's other sessions.

        Raises `password_wrong`, `password_elsewhere`, `password_length`,
        `password_guessable`, `password_same`, `sign_in_wait`, `too_many_sign_ins`.
        """
        account = await self._store.read(lambda session: session.get_one(Account, caller.id))
        if account.password_hash is None:
            raise JimaeError("password_elsewhere", source=account.source)
        visitor = Visitor(caller.address)
        known = await self._store.write(partial(_begin, name=account.name, visitor=visitor))
        if known.wait > 0:
            raise JimaeError("sign_in_wait", seconds=int(known.wait) + 1, retry_after=known.wait)
        if not await self._passwords.matches(account.password_hash, current):
            await self._store.write(
                lambda session: note(
                    session, caller, "user.change_password", target=caller.id, outcome="refused"
                )
            )
            raise JimaeError("password_wrong", param="current")
        self._passwords.check(new, account.name, "new")
        if await self._passwords.matches(account.password_hash, new):
            raise JimaeError("password_same", param="new")
        new_hash = await self._passwords.hash(new)

        def change(session: Session) -> None:
            attempts.succeeded(session, account.name, visitor.address)
            found = people.find(session, caller.id)
            people.set_password(session, caller, found, new_hash, must_change=False)

        await self._store.write(change)

    async def _ask_directories(self, name: str, password: str) -> str | None:
        for directory in self._directories:
            account_id = await directory.check(name, password)
            if account_id is not None:
                return account_id
        return None

    def _begin_session(
        self, session: Session, account: Account, visitor: Visitor, way: str, replaced: str | None
    ) -> Opened:
        opened = sessions.begin(session, account.id, visitor, self._seconds)
        account.last_sign_in_at = time.time()
        who = Caller(
            id=account.id,
            name=account.name,
            role=people.role_of(account),
            via="session",
            session_id=opened.session_id,
            address=visitor.address,
        )
        note(session, who, "session.begin", target=opened.session_id, details={"way": way})
        if replaced is not None:
            before = session.scalar(
                select(SignIn).where(SignIn.token_sha256 == sessions.digest(replaced))
            )
            if before is not None:
                note(session, who, "session.end", target=before.id, details={"by": "sign-in"})
                session.delete(before)
        return opened


def _begin(session: Session, name: str, visitor: Visitor) -> _Known:
    wait = attempts.begin(session, name, visitor.address)
    if wait > 0:
        _refused(session, name, visitor, "locked")
        return _Known(wait)
    account = _by_name(session, name)
    return _Known(0.0, None if account is None else account.password_hash)


def _let_in(
    session: Session, name: str, known: _Known | None, account_id: str | None
) -> Account | None:
    """The account that was proved to be somebody's, unless it is disabled, or its password
    was changed meanwhile."""
    if known is not None:
        account = _by_name(session, name)
        if account is None or account.password_hash != known.password_hash:
            return None
    else:
        account = session.get(Account, account_id) if account_id is not None else None
    return account if account is not None and account.disabled_at is None else None


def _by_name(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name == name))


def _refused(session: Session, name: str, visitor: Visitor, why: str) -> None:
    account = _by_name(session, name)
    nobody = Caller(id="anonymous", name="", via="session", address=visitor.address)
    note(
        session,
        nobody,
        "session.refuse",
        target=None if account is None else account.id,
        outcome="refused",
        details={"name": name, "why": why},
    )
