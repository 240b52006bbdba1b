"""People, groups, sessions and keys in a service's store, for tests of who may do what.

    people = People(service)                      # the service is started
    admin = await people.add("root", "admin")     # the first one ends single-user mode
    user = await people.add("hanako", groups=["営業"])
    await client.get("/v1/models", headers=user.session)      # as the page: cookie and CSRF
    await client.get("/v1/models", headers=await people.key(user))
    await client.get("/v1/models", headers=await people.key(user, "x-api-key", areas=("files",)))

`user.password` signs in at POST /jimae/session; its hash is made with little work, so that a
test need not wait. `user.caller` is what the service itself is asked as. Groups are made when
they are first named, and `manages=True` makes somebody their manager.

`account`, `group`, `member` and `key` are rows, as short as a test wants them.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import argon2
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.service import key_text, keys
from jimae.service.accounts import people, sessions, setup
from jimae.service.accounts.passwords import Passwords
from jimae.service.accounts.sessions import Visitor
from jimae.service.caller import Caller, Role
from jimae.service.items import new_id
from jimae.settings import load
from jimae.store.account_tables import Account, ApiKey, Group, Membership
from jimae.store.store import Store

TERMINAL: Final = Caller(id="terminal", name="tester", role="admin", via="terminal")
PASSWORD: Final = "とても長い合言葉-staple-battery"  # noqa: S105
QUICK: Final = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH: Final = Passwords(8, QUICK).hash_now(PASSWORD)


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a session. `groups` are ids by their names."""

    id: str
    name: str
    caller: Caller
    token: str
    csrf: str
    groups: dict[str, str] = field(default_factory=dict)
    password: str = PASSWORD

    @property
    def session(self) -> dict[str, str]:
        """The headers of the page."""
        return {"Cookie": f"jimae_session={self.token}", "X-JIMAE-CSRF": self.csrf}


class Stored(Protocol):
    @property
    def store(self) -> Store: ...


class Elsewhere(NamedTuple):
    store: Store


class People:
    def __init__(self, service: Stored) -> None:
        self._store = service.store

    async def add(
        self,
        name: str,
        role: Role = "user",
        *,
        groups: Sequence[str] = (),
        manages: bool = False,
        must_change_password: bool = False,
    ) -> Person:
        """Somebody new. Without an administrator, one called `root` is made before."""

        def make(session: Session) -> tuple[str, sessions.Opened, dict[str, str]]:
            if session.scalar(select(Account.id).limit(1)) is None and role != "admin":
                _account(session, "root", "admin")
            account = _account(session, name, role, must_change_password)
            joined = {group: _group(session, group) for group in groups}
            for order, group_id in enumerate(joined.values()):
                row = member(account.id, group_id, manages=manages)
                row.created_at += order / 1000
                session.add(row)
            return account.id, sessions.begin(session, account.id, Visitor(), 3600.0), joined

        account_id, opened, joined = await self._store.write(make)
        caller = Caller(
            id=account_id,
            name=name,
            role=role,
            via="session",
            groups=tuple(joined.values()),
            manages=tuple(joined.values()) if manages else (),
            session_id=opened.session_id,
            must_change_password=must_change_password,
        )
        return Person(account_id, name, caller, opened.token, opened.csrf, joined)

    async def key(
        self,
        person: Person,
        header: str = "Authorization",
        *,
        name: str = "test",
        areas: tuple[str, ...] = (),
        models: tuple[str, ...] = (),
        expires_at: float | None = None,
    ) -> dict[str, str]:
        """The header of a new key of somebody's, which may have expired already."""
        wanted = keys.NewKey(name, areas, models)

        def make(session: Session) -> str:
            made = keys.create(session, TERMINAL, person.id, wanted)
            keys.find(session, made.secret).expires_at = expires_at
            return made.secret

        secret = await self._store.write(make)
        return {header: f"Bearer {secret}" if header == "Authorization" else secret}

    async def setup_code(self) -> str:
        """What `jimae users setup-code` shows."""
        return await self._store.write(lambda session: setup.new_code(session, TERMINAL))

    async def disable(self, person: Person) -> None:
        def disable(session: Session) -> None:
            session.get_one(Account, person.id).disabled_at = time.time()

        await self._store.write(disable)


@asynccontextmanager
async def people_of(data_dir: Path) -> AsyncIterator[People]:
    """People of a server that runs as a process of its own, as commands at its terminal reach
    them."""
    store = Store(load(environ={}, overrides={"data_dir": data_dir}))
    await store.open()
    try:
        yield People(Elsewhere(store))
    finally:
        await store.close()


def account(account_id: str, name: str, role: Role = "user") -> Account:
    return Account(
        id=account_id,
        owner=account_id,
        created_at=time.time(),
        name=name,
        display_name=name,
        role=role,
        source="local",
        must_change_password=False,
    )


def group(group_id: str, name: str, purpose: str = "") -> Group:
    return Group(
        id=group_id,
        owner=group_id,
        created_at=time.time(),
        name=name,
        purpose=purpose,
        source="local",
    )


def member(account_id: str, group_id: str, *, manages: bool = False) -> Membership:
    return Membership(
        id=new_id("member"),
        owner=account_id,
        created_at=time.time(),
        account_id=account_id,
        group_id=group_id,
        manages=manages,
        chosen=False,
    )


def key(key_id: str, account_id: str, name: str, secret: str | None = None) -> ApiKey:
    secret = secret or key_text.make()
    return ApiKey(
        id=key_id,
        owner=account_id,
        created_at=time.time(),
        key_sha256=key_text.digest(secret),
        prefix=secret[: key_text.SHOWN],
        account_id=account_id,
        name=name,
        areas=[],
        models=[],
    )


def _account(
    session: Session, name: str, role: Role, must_change_password: bool = False
) -> Account:
    return people.create(
        session,
        TERMINAL,
        people.NewPerson(name=name, role=role),
        password_hash=HASH,
        must_change_password=must_change_password,
    )


def _group(session: Session, name: str) -> str:
    found = session.scalar(select(Group.id).where(Group.name == name))
    if found is not None:
        return found
    row = group(new_id("group"), name, "試験")
    session.add(row)
    session.flush()
    return row.id
