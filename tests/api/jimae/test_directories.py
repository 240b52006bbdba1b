"""Trying the directories of the settings from the page, with real ones."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fakes import oidc
from fakes.backend import Backends
from fakes.people import People, Person
from fakes.slapd import BASE, READER, READER_PASSWORD, Slapd, slapd
from jimae.api.app import create_app
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.settings.directories import LdapSettings, OidcSettings
from jimae.store.audit_tables import AuditRecord
from jimae.store.directory_tables import Directory

PUBLIC = "https://ai.example.jp"
CALLBACK = f"{PUBLIC}/jimae/session/providers/web/callback"
HERE = "/jimae/admin/directories"


@pytest.fixture(scope="module")
def ldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture(scope="module")
def provider() -> Iterator[oidc.Provider]:
    with oidc.provider(CALLBACK) as running:
        yield running


class House:
    """A server with directories that answer and some that do not, and its administrator."""

    def __init__(self, service: Service, client: httpx.AsyncClient, root: Person) -> None:
        self.service = service
        self.client = client
        self.root = root

    async def tested(self, name: str, status: int = 200, **body: str) -> Any:
        answer = await self.client.post(f"{HERE}/{name}/test", json=body, headers=self.root.session)
        assert answer.status_code == status, answer.text
        assert READER_PASSWORD not in answer.text
        return answer.json()

    async def listed(self, name: str) -> Any:
        answer = (await self.client.get(HERE, headers=self.root.session)).json()
        return next(one for one in answer["data"] if one["id"] == name)

    async def records(self) -> list[dict[str, Any]]:
        wanted = select(AuditRecord.body).where(AuditRecord.act == "directory.test")
        found = await self.service.store.read(
            lambda session: session.scalars(wanted.order_by(AuditRecord.seq)).all()
        )
        return [json.loads(body or "") for body in found]


@pytest.fixture
async def house(
    stored: Settings, backends: Backends, ldap: Slapd, provider: oidc.Provider
) -> AsyncIterator[House]:
    def known(password: str = READER_PASSWORD, **changed: Any) -> LdapSettings:
        own = {
            "url": ldap.url,
            "ca_file": ldap.tls.ca,
            "bind_dn": READER,
            "bind_password": password,
            "base": f"ou=people,{BASE}",
            "groups_base": f"ou=groups,{BASE}",
            "groups": {"総務部": "総務"},
            "roles": {"ai-admins": "admin"},
        }
        return LdapSettings(**(own | changed))

    settings = stored.model_copy(
        update={
            "server": stored.server.model_copy(update={"public_url": PUBLIC}),
            "ldap": {
                "house": known(),
                "locked": known("wrong"),
                "lost": known(base=f"ou=nowhere,{BASE}"),
            },
            "oidc": {
                "web": OidcSettings(issuer=provider.issuer, client_id=oidc.CLIENT),
                "away": OidcSettings(issuer="http://127.0.0.1:9", client_id="jimae"),
                "other": OidcSettings(issuer=f"{provider.issuer}/", client_id="jimae"),
            },
        }
    )
    service = Service(settings, backends.make)
    await service.start()
    root = await People(service).add("root", "admin")
    transport = httpx.ASGITransport(app=create_app(settings, service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield House(service, client, root)
    await service.close()


def steps(told: Any) -> list[tuple[str, bool]]:
    return [(step["step"], step["ok"]) for step in told["steps"]]


async def test_an_ldap_server_that_answers(house: House) -> None:
    told = await house.tested("house")
    assert told["ok"]
    assert steps(told) == [("same", True), ("connect", True), ("account", True), ("base", True)]
    assert (told["person"], told["callback"]) == (None, None)

    told = await house.tested("house", person="sakura")
    assert steps(told)[-2:] == [("person", True), ("mapping", True)]
    found = told["person"]
    assert (found["groups_there"], found["groups"], found["role"]) == (["総務部"], ["総務"], "user")
    assert (await house.tested("house", person="taro"))["person"]["role"] == "admin"
    told = await house.tested("house", person="nobody")
    assert (told["ok"], told["steps"][-1]["code"]) == (False, "user_not_found")

    listed = await house.listed("house")
    assert (listed["failure"], listed["accounts"]) == (None, 0), "nobody was let in"
    assert listed["checked_at"] is not None
    first, second, *_, last = await house.records()
    assert (first["target"], first["outcome"], first["account"]["name"]) == (
        "house",
        "done",
        "root",
    )
    assert second["details"]["person"] == "sakura"
    assert (last["outcome"], last["details"]["why"]) == ("failed", "user_not_found")


async def test_what_fails_is_named_with_the_way_out(house: House) -> None:
    told = await house.tested("locked")
    assert steps(told) == [("same", True), ("connect", True), ("account", False)]
    assert "bind_password" in told["steps"][-1]["message"]
    assert (await house.listed("locked"))["failure"] == "directory_credentials"

    told = await house.tested("lost")
    assert (steps(told)[-1], told["steps"][-1]["code"]) == (("base", False), "directory_answer")

    told = await house.tested("away")
    assert steps(told) == [("same", True), ("discovery", False)]
    assert "ConnectError" in told["steps"][-1]["facts"]
    assert told["steps"][-1]["code"] == "directory_unreachable"

    told = await house.tested("other")
    assert steps(told)[-1] == ("discovery", False), "the issuer is not this one"
    assert told["steps"][-1]["code"] == "directory_answer"


async def test_a_provider_that_answers(house: House) -> None:
    told = await house.tested("web")
    assert told["ok"]
    assert steps(told) == [("same", True), ("discovery", True), ("keys", True)]
    assert "RSA key-1" in told["steps"][-1]["facts"]
    assert told["callback"] == CALLBACK


async def test_one_that_changed_is_told_however_well_it_answers(house: House) -> None:
    def changed(session: Any) -> None:
        session.add(
            Directory(
                id="web", owner="server", created_at=1.0, kind="oidc", identity="https://old sub"
            )
        )

    await house.service.store.write(changed)
    told = await house.tested("web")
    assert not told["ok"]
    assert steps(told) == [("same", False), ("discovery", True), ("keys", True)]
    assert "https://old" in told["steps"][0]["message"]
    assert (await house.listed("web"))["failure"] == "directory_changed"


async def test_only_administrators_try_and_only_what_is_there(house: House) -> None:
    assert (await house.tested("none", 404))["error"]["code"] == "directory_unknown"
    assert (await house.tested("house", 400, nobody="x"))["error"]["code"] == "unknown_parameter"
    people = People(house.service)
    for role in ("user", "manager", "auditor"):
        other = await people.add(role, role)  # type: ignore[arg-type]
        answer = await house.client.post(f"{HERE}/house/test", json={}, headers=other.session)
        assert answer.status_code == 403
