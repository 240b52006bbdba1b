"""A server that a directory keeps accounts at by SCIM."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.backend import Backends
from jimae.api.app import create_app
from jimae.service import keys
from jimae.service.accounts import people
from jimae.service.accounts.people import NewPerson
from jimae.service.caller import SERVER
from jimae.service.keys import NewKey
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.account_tables import Account
from jimae.store.audit_tables import AuditRecord

BASE = "https://ai.example.jp"


class Scim:
    """What a directory calls, and what becomes of it here."""

    def __init__(self, service: Service, directory: httpx.AsyncClient, key: str) -> None:
        self.service = service
        self.directory = directory
        self.key = key

    async def account(self, name: str) -> Account | None:
        return await self.service.store.read(
            lambda session: session.scalar(select(Account).where(Account.name == name))
        )

    async def acts(self) -> list[str]:
        ordered = select(AuditRecord.act).order_by(AuditRecord.seq)
        return await self.service.store.read(lambda session: list(session.scalars(ordered)))

    async def user(self, name: str, **more: object) -> str:
        """The id of a new user."""
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": name,
            "active": True,
            **more,
        }
        made = await self.directory.post("/Users", json=body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])


@asynccontextmanager
async def kept(settings: Settings, backends: Backends) -> AsyncIterator[Scim]:
    server = settings.server.model_copy(update={"public_url": BASE})
    settings = settings.model_copy(update={"server": server})
    service = Service(settings, backends.make)
    await service.start()

    def prepare(session: Session) -> str:
        account = people.create(session, SERVER, NewPerson(name="admin", role="admin"))
        made = keys.create(session, SERVER, account.id, NewKey("directory", ("provision",)))
        return made.secret

    key = await service.store.write(prepare)
    transport = httpx.ASGITransport(app=create_app(settings, service))
    async with httpx.AsyncClient(
        transport=transport,
        base_url=f"{BASE}/scim/v2",
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/scim+json"},
    ) as directory:
        yield Scim(service, directory, key)
    await service.close()


@pytest.fixture
async def scim(settings: Settings, backends: Backends) -> AsyncIterator[Scim]:
    async with kept(settings, backends) as there:
        yield there


@pytest.fixture
async def scim_stored(stored: Settings, backends: Backends) -> AsyncIterator[Scim]:
    """The same on each kind of database."""
    async with kept(stored, backends) as there:
        yield there
