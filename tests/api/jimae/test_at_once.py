"""Twenty who change the same at once: everybody is told what became of it, and nothing breaks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fakes.backend import Backends
from fakes.people import People, Person
from jimae.api.app import create_app
from jimae.service import keys
from jimae.service.caller import SERVER
from jimae.service.keys import NewKey
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.policy_tables import PolicyAcceptance, PolicyWord

WRITERS: Final = 20
ADMIN: Final = "/jimae/admin"
POLICY: Final = f"{ADMIN}/policy"
USER_SCHEMA: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_SCHEMA: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Request = tuple[str, str, Any]
"""Method, path, body."""


class Administration:
    """A server with people, asked by an administrator, and by a directory."""

    def __init__(
        self, service: Service, http: httpx.AsyncClient, admin: Person, key: dict[str, str]
    ) -> None:
        self.service = service
        self._http = http
        self._admin = admin
        self._key = key

    async def ask(self, request: Request) -> httpx.Response:
        method, path, body = request
        headers = self._key if path.startswith("/scim") else self._admin.session
        return await self._http.request(method, path, json=body, headers=headers)

    async def done(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.ask((method, path, body))
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def at_once(self, make: Callable[[int], Request]) -> Counter[int]:
        """How often each status was answered."""
        asked = (self.ask(make(index)) for index in range(WRITERS))
        answers = await asyncio.gather(*asked)
        broken = [answer.text for answer in answers if answer.status_code >= 500]
        assert broken == []
        return Counter(answer.status_code for answer in answers)

    async def count(self, table: Any) -> int:
        counted = select(func.count()).select_from(table)

        def read(session: Session) -> int:
            return session.scalar(counted) or 0

        return await self.service.store.read(read)


@pytest.fixture
async def administration(stored: Settings, backends: Backends) -> AsyncIterator[Administration]:
    service = Service(stored, backends.make)
    await service.start()
    people = People(service)
    admin = await people.add("root", "admin")

    def provisioning(session: Session) -> str:
        return keys.create(session, SERVER, admin.id, NewKey("directory", ("provision",))).secret

    secret = await service.store.write(provisioning)
    transport = httpx.ASGITransport(app=create_app(stored, service), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield Administration(service, http, admin, {"Authorization": f"Bearer {secret}"})
    await service.close()


async def test_policy(administration: Administration) -> None:
    here = administration
    actions = ("warn", "mask", "refuse")

    def rule(index: int) -> Request:
        body = {"kind": "phone", "models": "any", "action": actions[index % 3]}
        return "PUT", f"{POLICY}/rules", body

    def word(index: int) -> Request:
        return "POST", f"{POLICY}/words", {"word": "暁", "action": ("warn", "refuse")[index % 2]}

    def models(index: int) -> Request:
        return "PUT", f"{POLICY}/models", {"trusted": [f"m{index}", "both"]}

    def text(index: int) -> Request:
        return "POST", f"{POLICY}/texts", {"ja": f"規程{index}", "en": f"Rules {index}"}

    def accept(_: int) -> Request:
        return "POST", "/jimae/me/policy", {"version": WRITERS}

    assert await here.at_once(rule) == {200: WRITERS}
    assert await here.at_once(word) == {200: WRITERS}
    assert await here.at_once(models) == {200: WRITERS}
    assert await here.at_once(text) == {200: WRITERS}
    assert await here.at_once(accept) == {200: WRITERS}
    overview = await here.done("GET", POLICY)
    assert len(overview["rules"]) == 1
    assert (await here.count(PolicyWord), await here.count(PolicyAcceptance)) == (1, 1)
    assert len(overview["trusted"]) == 2, "those of one administrator, not of several"
    for path in (f"rules/{overview['rules'][0]['id']}", f"words/{overview['words'][0]['id']}"):
        deleted = await here.at_once(lambda _, path=path: ("DELETE", f"{POLICY}/{path}", None))
        assert deleted == {200: 1, 404: WRITERS - 1}


async def test_people_and_groups(administration: Administration) -> None:
    here = administration
    made = await here.at_once(lambda _: ("POST", f"{ADMIN}/users", {"name": "taro"}))
    assert made == {200: 1, 409: WRITERS - 1}
    made = await here.at_once(lambda _: ("POST", f"{ADMIN}/groups", {"name": "総務課"}))
    assert made == {200: 1, 409: WRITERS - 1}
    (group,) = (await here.done("GET", f"{ADMIN}/groups"))["data"]
    taro = next(
        one for one in (await here.done("GET", f"{ADMIN}/users"))["data"] if one["name"] == "taro"
    )
    path = f"{ADMIN}/groups/{group['id']}"
    assert await here.at_once(lambda _: ("POST", f"{path}/members", {"user": taro["id"]})) == {
        200: WRITERS
    }
    assert len((await here.done("GET", f"{path}/members"))["data"]) == 1
    groups = [
        (await here.done("POST", f"{ADMIN}/groups", {"name": f"課{index}"}))["id"]
        for index in range(WRITERS)
    ]
    renamed = await here.at_once(
        lambda index: ("POST", f"{ADMIN}/groups/{groups[index]}", {"name": "人事課"})
    )
    assert renamed == {200: 1, 409: WRITERS - 1}

    def mixed(index: int) -> Request:
        """A member who joins what is deleted, and rules for it."""
        match index % 4:
            case 0:
                return "POST", f"{path}/members", {"user": taro["id"]}
            case 1:
                return "DELETE", path, None
            case 2:
                return "PUT", f"{ADMIN}/limits/group:{group['id']}", {"requests_per_minute": 5}
            case _:
                return "DELETE", f"{ADMIN}/users/{taro['id']}", None

    assert set(await here.at_once(mixed)) <= {200, 404, 409}


async def test_limits_keys_and_templates(administration: Administration) -> None:
    here = administration
    limits = f"{ADMIN}/limits/everybody"
    assert await here.at_once(
        lambda index: ("PUT", limits, {"requests_per_minute": index + 1})
    ) == {200: WRITERS}
    assert await here.at_once(lambda _: ("DELETE", limits, None)) == {200: WRITERS}
    made = await here.at_once(lambda _: ("POST", "/jimae/me/keys", {"name": "同じ名前"}))
    assert made == {200: WRITERS}
    key = (await here.done("GET", "/jimae/me/keys"))["data"][0]["id"]
    assert set(await here.at_once(lambda _: ("DELETE", f"/jimae/me/keys/{key}", None))) <= {
        200,
        404,
    }


async def test_a_directory(administration: Administration) -> None:
    here = administration
    user = {"schemas": [USER_SCHEMA], "userName": "hanako", "externalId": "e-1", "active": True}
    group = {"schemas": [GROUP_SCHEMA], "displayName": "人事", "externalId": "g-1"}
    assert await here.at_once(lambda _: ("POST", "/scim/v2/Users", user)) == {
        201: 1,
        409: WRITERS - 1,
    }
    assert await here.at_once(lambda _: ("POST", "/scim/v2/Groups", group)) == {
        201: 1,
        409: WRITERS - 1,
    }
    (hanako,) = (await here.done("GET", "/scim/v2/Users"))["Resources"]
    (people,) = (await here.done("GET", "/scim/v2/Groups"))["Resources"]

    def patch(index: int) -> Request:
        operation = {
            "op": ("add", "remove")[index % 2],
            "path": "members" if index % 2 == 0 else f'members[value eq "{hanako["id"]}"]',
        }
        if index % 2 == 0:
            operation["value"] = [{"value": hanako["id"]}]
        body = {"schemas": [PATCH_SCHEMA], "Operations": [operation]}
        return "PATCH", f"/scim/v2/Groups/{people['id']}", body

    assert await here.at_once(patch) == {200: WRITERS}

    def mixed(index: int) -> Request:
        match index % 4:
            case 0:
                return patch(0)
            case 1:
                return "DELETE", f"/scim/v2/Groups/{people['id']}", None
            case 2:
                return "DELETE", f"/scim/v2/Users/{hanako['id']}", None
            case _:
                return "PUT", f"/scim/v2/Users/{hanako['id']}", {**user, "active": index % 8 == 3}

    assert set(await here.at_once(mixed)) <= {200, 204, 400, 404, 409}
