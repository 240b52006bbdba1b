"""Signing in with a password of a real LDAP server, and losing access when it says so."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import argon2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.slapd import BASE, Slapd, slapd
from jimae.errors import JimaeError
from jimae.service.accounts import groups, people, sessions
from jimae.service.accounts.passwords import Passwords
from jimae.service.accounts.people import Change, NewPerson
from jimae.service.accounts.sessions import Opened, Visitor
from jimae.service.accounts.sign_in import SignIns
from jimae.service.caller import SERVER
from jimae.service.directories.directories import Directories
from jimae.settings import Settings
from jimae.store.account_tables import Account
from jimae.store.audit_tables import AuditRecord
from jimae.store.directory_tables import Directory
from jimae.store.store import Store

FAST = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
VISITOR = Visitor("192.0.2.1", "a browser")


class House:
    """A server with one administrator of its own, who trusts an LDAP server."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.store = store
        self.directories = Directories(settings, store)
        self.passwords = Passwords(12, FAST)
        self.sign_ins = SignIns(store, settings.accounts, self.passwords, (self.directories.ldap,))

    async def signed_in(self, name: str, password: str) -> Opened:
        return await self.sign_ins.sign_in(name, password, VISITOR)

    async def refused(self, name: str, password: str) -> str:
        with pytest.raises(JimaeError) as caught:
            await self.signed_in(name, password)
        return caught.value.code

    async def account(self, name: str) -> Account:
        return await self.store.read(
            lambda session: session.scalars(select(Account).where(Account.name == name)).one()
        )

    async def groups_of(self, name: str) -> set[str]:
        account = await self.account(name)

        def names(session: Session) -> set[str]:
            return {group.name for group, _ in groups.of(session, [account.id])[account.id]}

        return await self.store.read(names)

    async def acts(self) -> list[str]:
        ordered = select(AuditRecord.act).order_by(AuditRecord.seq)
        return await self.store.read(lambda session: list(session.scalars(ordered)))

    async def recheck(self) -> int:
        return await self.directories.ldap.recheck(self.directories.ldap.directories["house"])


@asynccontextmanager
async def house(settings: Settings, server: Slapd, **changed: Any) -> AsyncIterator[House]:
    told = settings.model_copy(update={"ldap": {"house": server.settings(**changed)}})
    store = Store(told)
    await store.open()
    made = House(told, store)

    def first(session: Session) -> None:
        wanted = NewPerson(name="admin", role="admin")
        hashed = made.passwords.hash_now("admin-password")
        people.create(session, SERVER, wanted, password_hash=hashed)

    await store.write(first)
    yield made
    await made.directories.close()
    await store.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Slapd]:
    """An LDAP server that a test may change."""
    folder = tmp_path / "slapd"
    folder.mkdir()
    with slapd(folder) as running:
        yield running


async def test_an_account_is_made_once(stored: Settings, server: Slapd) -> None:
    mapping = {"groups": {"総務部": "総務"}, "roles": {"ai-admins": "admin"}}
    async with house(stored, server, **mapping) as there:
        first = await there.signed_in("SAKURA", "sakura-password")
        again = await there.signed_in("sakura", "sakura-password")
        await there.signed_in("taro", "taro-password")

        account = await there.account("sakura")
        assert first.account_id == again.account_id == account.id
        assert (account.source, account.role, account.password_hash) == ("house", "user", None)
        assert (account.display_name, account.mail) == ("山田さくら", "sakura@example.jp")
        assert await there.groups_of("sakura") == {"総務"}
        assert (await there.account("taro")).role == "admin"
        assert await there.groups_of("taro") == set()
        acts = await there.acts()
        assert acts.count("user.create") == 3
        assert acts.count("session.begin") == 3


async def test_who_is_refused(settings: Settings, server: Slapd) -> None:
    async with house(settings, server, allow=("総務部",)) as there:
        assert await there.refused("sakura", "wrong") == "sign_in_failed"
        assert await there.refused("nobody", "sakura-password") == "sign_in_failed"
        assert await there.refused("taro", "taro-password") == "directory_not_allowed"
        assert (await there.acts()).count("session.refuse") == 3
        with pytest.raises(Exception, match="No row"):
            await there.account("taro")


async def test_passwords_of_this_server_stay_here(
    settings: Settings, server: Slapd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(settings, server) as there:
        asked: list[str] = []
        directory = there.directories.ldap.directories["house"]
        monkeypatch.setattr(directory, "sign_in", lambda name, _: asked.append(name))

        assert await there.refused("admin", "sakura-password") == "sign_in_failed"
        assert await there.refused("ADMIN", "sakura-password") == "sign_in_failed"
        assert asked == []
        await there.refused("sakura", "sakura-password")
        assert asked == ["sakura"]


async def test_an_account_of_this_server_is_not_taken_over(
    settings: Settings, server: Slapd
) -> None:
    async with house(settings, server) as there:
        wanted = NewPerson(name="sakura")
        await there.store.write(lambda session: people.create(session, SERVER, wanted))

        assert await there.refused("sakura", "sakura-password") == "sign_in_failed"


async def test_a_server_that_is_down(settings: Settings, own: Slapd) -> None:
    async with house(settings, own) as there:
        await there.signed_in("sakura", "sakura-password")
        own.stop()

        assert await there.refused("sakura", "sakura-password") == "directory_unreachable"
        assert (await there.signed_in("admin", "admin-password")).account_id
        assert await there.refused("admin", "wrong-password") == "sign_in_failed"
        with pytest.raises(JimaeError, match="does not answer"):
            await there.recheck()
        assert (await there.account("sakura")).disabled_at is None
        row = await there.store.read(lambda session: session.get_one(Directory, "house"))
        assert row.failure == "directory_unreachable"

        own.start()
        await there.signed_in("sakura", "sakura-password")
        row = await there.store.read(lambda session: session.get_one(Directory, "house"))
        assert row.failure is None


async def test_who_is_gone_loses_access(stored: Settings, own: Slapd) -> None:
    async with house(stored, own, allow=(), roles={"ai-admins": "admin"}) as there:
        for name in ("sakura", "taro", "hanako"):
            await there.signed_in(name, f"{name}-password")
        assert await there.recheck() == 0

        own.change(f"uid=sakura,ou=people,{BASE}", "userAccountControl", "514")
        own.remove(f"uid=taro,ou=people,{BASE}")
        assert await there.recheck() == 2

        assert (await there.account("hanako")).disabled_at is None
        for name in ("sakura", "taro"):
            account = await there.account(name)
            assert account.disabled_at is not None
            left = await there.store.read(
                lambda session, account=account: sessions.of(session, account.id)  # type: ignore[misc]
            )
            assert left == []
        assert (await there.acts()).count("user.disable") == 2
        assert await there.recheck() == 0
        own.change(f"uid=sakura,ou=people,{BASE}", "userAccountControl", "512")
        assert await there.refused("sakura", "sakura-password") == "sign_in_failed"


async def test_who_left_the_groups_that_come_in_loses_access(
    settings: Settings, own: Slapd
) -> None:
    async with house(settings, own, allow=("総務部",)) as there:
        await there.signed_in("sakura", "sakura-password")
        await there.signed_in("hanako", "hanako-password")

        own.change(f"cn=soumu,ou=groups,{BASE}", "member", f"cn=花子 (経理)*,ou=people,{BASE}")

        assert await there.recheck() == 1
        assert (await there.account("sakura")).disabled_at is not None


async def test_the_recheck_brings_up_to_date(settings: Settings, own: Slapd) -> None:
    async with house(settings, own, groups={"総務部": "総務"}) as there:
        await there.signed_in("sakura", "sakura-password")

        own.change(f"uid=sakura,ou=people,{BASE}", "cn", "佐藤さくら")
        own.change(f"cn=soumu,ou=groups,{BASE}", "member", f"uid=taro,ou=people,{BASE}")
        assert await there.recheck() == 0

        assert (await there.account("sakura")).display_name == "佐藤さくら"
        assert await there.groups_of("sakura") == set()


async def test_the_last_administrator_stays(settings: Settings, own: Slapd) -> None:
    async with house(settings, own, roles={"ai-admins": "admin"}) as there:
        await there.signed_in("taro", "taro-password")
        local = await there.account("admin")

        def leave(session: Session) -> None:
            people.change(session, SERVER, people.find(session, local.id), Change(disabled=True))

        await there.store.write(leave)
        own.remove(f"uid=taro,ou=people,{BASE}")

        assert await there.recheck() == 0
        assert (await there.account("taro")).disabled_at is None


async def test_it_looks_again_and_again(settings: Settings, own: Slapd) -> None:
    async with house(settings, own, recheck_minutes=0.001) as there:
        await there.signed_in("taro", "taro-password")
        there.directories.start()
        own.remove(f"uid=taro,ou=people,{BASE}")

        async with asyncio.timeout(20):
            while (await there.account("taro")).disabled_at is None:
                await asyncio.sleep(0.05)


async def test_silent_servers_hold_nobody_up(settings: Settings, server: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        url = f"ldaps://127.0.0.1:{silent.getsockname()[1]}"
        async with house(settings, server, url=url, timeout_seconds=0.3) as there:
            tries = [there.refused(f"somebody{n}", "any-password") for n in range(12)]
            codes = await asyncio.gather(*tries)

            assert set(codes) == {"directory_unreachable"}
            assert (await there.signed_in("admin", "admin-password")).account_id


async def test_another_directory_under_the_same_name(settings: Settings, server: Slapd) -> None:
    async with house(settings, server) as there:
        await there.signed_in("sakura", "sakura-password")
    told = settings.model_copy(update={"ldap": {"house": server.settings(id_attribute="uid")}})
    store = Store(told)
    await store.open()
    changed = House(told, store)

    with pytest.raises(JimaeError, match="jimae directory accept house"):
        await changed.signed_in("sakura", "sakura-password")

    await store.close()
