"""What those who maintain SCIM's libraries for Python check of servers, over a real socket."""

from __future__ import annotations

import asyncio

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server
from sqlalchemy.orm import Session

from fakes.backend import Backends
from fakes.serving import serving
from jimae.service import keys
from jimae.service.accounts import people
from jimae.service.accounts.people import NewPerson
from jimae.service.caller import SERVER
from jimae.service.keys import NewKey
from jimae.service.service import Service
from jimae.settings import Settings

# What this server does otherwise on purpose, and says so in docs/directories.md: everybody has a
# name to show and is active or not; one mail address is kept, without a kind of its own; a member
# is called by their own name; and lists are asked for with GET only.
OTHERWISE = frozenset(
    (
        ("check_remove_attribute", "'displayName'"),
        ("check_remove_attribute", "'active'"),
        ("check_add_attribute", "'emails'"),
        ("check_replace_attribute", "'emails'"),
        ("check_add_attribute", "'members'"),
        ("check_replace_attribute", "'members'"),
        ("search_with_attributes", "/.search"),
    )
)


def prepare(session: Session) -> str:
    account = people.create(session, SERVER, NewPerson(name="admin", role="admin"))
    return keys.create(session, SERVER, account.id, NewKey("directory", ("provision",))).secret


def checked(url: str, key: str) -> list[str]:
    """Every check that did not succeed, with its reason."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=f"{url}/scim/v2", headers=headers, trust_env=False) as client:
        results = check_server(SyncSCIMClient(client))
    assert sum(result.status == Status.SUCCESS for result in results) > 50
    return [
        f"{result.title}: {result.reason}"
        for result in results
        if result.status not in (Status.SUCCESS, Status.SKIPPED)
        and not any(result.title == title and why in str(result.reason) for title, why in OTHERWISE)
    ]


async def test_conformance(settings: Settings, backends: Backends) -> None:
    service = Service(settings, backends.make)
    async with serving(settings, service) as served:
        key = await service.store.write(prepare)

        assert await asyncio.to_thread(checked, served.url, key) == []
