"""Who gets to what: every route, asked by everybody, with everything that lets somebody in.

The owner makes one of each thing that can be owned, all with the same secret in it. Then each
route is asked for these very things by everybody else, children's ids included. Nobody may get
more than an error that says nothing, and no answer to anybody else may hold the secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx
import pytest

from fakes.backend import Backends, saying
from fakes.people import People, Person
from fakes.serving import Served, serving
from jimae.api.access import NEEDS, ROLES
from jimae.service.caller import Role
from jimae.service.service import Service
from jimae.settings import Settings

Carrier = Literal["session", "Authorization", "x-api-key"]
CARRIERS: Final[tuple[Carrier, ...]] = ("session", "Authorization", "x-api-key")
# Of the three, how many are tried at each route: the full proof tries all.
WAYS_IN = 1
WORDS: Final = "銀杏並木の下の合言葉"
FORMS_OF_WORDS: Final = (WORDS.encode(), json.dumps(WORDS).strip('"').encode())
PARAMETER: Final = re.compile(r"\{(\w+)(?::path)?\}")

# Somebody else's is not found, whatever the role.
OWNED: Final = frozenset(
    (
        "response_id",
        "conversation_id",
        "item_id",
        "file_id",
        "batch_id",
        "template_id",
        "chat_id",
        "turn_id",
        "run_id",
        "folder_id",
    )
)
# Of these, who asks has their own of everything: nothing is looked up by somebody else's id.
THEIR_OWN: Final = frozenset((("DELETE", "/jimae/feedback/{turn_id}"),))
OWN_KEYS: Final = "/jimae/me/keys/{key_id}"
OWN_SESSIONS: Final = "/jimae/me/sessions/{session_id}"

MESSAGE: Final = {"type": "message", "role": "user", "content": WORDS}
FORM: Final = {"title": WORDS, "body": WORDS}
BODIES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("POST", "/v1/conversations/{conversation_id}"): {"metadata": {"a": "b"}},
    ("POST", "/v1/conversations/{conversation_id}/items"): {"items": [MESSAGE]},
    ("POST", "/jimae/templates/{template_id}"): FORM,
    ("POST", "/jimae/chats/{chat_id}"): {"title": "taken"},
    ("POST", "/jimae/chats/{chat_id}/ask"): {"content": "taken"},
    ("POST", "/jimae/chats/{chat_id}/share"): {"group": "{group_id}"},
    ("POST", "/jimae/folders/{folder_id}"): {"name": "taken"},
}
"""What makes a request well-formed, so that it gets as far as looking something up."""
QUERIES: Final = {
    ("DELETE", "/jimae/chats/{chat_id}/share"): {"group": "{group_id}"},
    ("GET", "/jimae/chats/search"): {"q": WORDS[:4]},
}
# What ends the session it came with is asked by somebody who is not needed again.
ENDS_SESSIONS: Final = re.compile(r"^/jimae/(session|me/(password|sessions).*)$")


@dataclass(frozen=True)
class Actor:
    """Somebody who asks. Without a role: nobody, or somebody who may not come in any more."""

    name: str
    role: Role | None
    group: str | None = None
    manages: bool = False
    disabled: bool = False


ACTORS: Final = (
    Actor("anonymous", None),
    Actor("disabled", None, "総務", disabled=True),
    Actor("colleague", "user", "総務"),
    Actor("other", "user", "営業"),
    Actor("manager", "manager", "総務", manages=True),
    Actor("auditor", "auditor"),
    Actor("admin", "admin"),
)


@dataclass
class World:
    """A server, its people, and the ids of what the owner has, by the names in paths."""

    people: People
    owner: Person
    url: str
    client: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)
    count: int = 0

    async def made(self, actor: Actor) -> Person | None:
        if actor.name == "anonymous":
            return None
        self.count += 1
        groups = [actor.group] if actor.group else []
        return await self.people.add(
            f"{actor.name}{self.count}", actor.role or "user", groups=groups, manages=actor.manages
        )

    async def headers(self, person: Person | None, carrier: Carrier) -> dict[str, str]:
        if person is None:
            return {}
        return person.session if carrier == "session" else await self.people.key(person, carrier)

    async def ask(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and beginning of an answer: a stream may have no end."""
        route = method, path
        filled = PARAMETER.sub(lambda name: self.ids.get(name[1], "unknown"), path)
        body = self._filled(BODIES.get(route, {})) if method in ("POST", "PUT") else None
        query = self._filled(QUERIES.get(route, {}))
        async with self.client.stream(
            method, self.url + filled, headers=headers, json=body, params=query
        ) as response:
            if response.headers.get("content-type", "").startswith("text/event-stream"):
                async for chunk in response.aiter_bytes():
                    return response.status_code, chunk
            return response.status_code, await response.aread()

    def _filled(self, body: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(body)
        for name, value in self.ids.items():
            text = text.replace(f'"{{{name}}}"', json.dumps(value))
        filled: dict[str, Any] = json.loads(text)
        return filled

    async def create(self, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        response = await self.client.post(
            self.url + path, headers=self.owner.session, json=body, **more
        )
        assert response.status_code in (200, 201), (path, response.text)
        made: dict[str, Any] = response.json()
        return made

    async def furnish(self) -> None:
        """One of everything, with the secret in it."""
        asked = {"model": "fake", "input": WORDS}
        conversation = (await self.create("/v1/conversations", {}))["id"]
        items = await self.create(f"/v1/conversations/{conversation}/items", {"items": [MESSAGE]})
        upload = {"file": (f"{WORDS}.jsonl", WORDS.encode())}
        file = await self.create("/v1/files", files=upload, data={"purpose": "batch"})
        batch = await self.create(
            "/v1/batches",
            {
                "input_file_id": file["id"],
                "endpoint": "/v1/completions",
                "completion_window": "24h",
                "metadata": {"note": WORDS},
            },
        )
        folder = await self.create("/jimae/folders", {"name": WORDS})
        chat = await self.create("/jimae/chats", {"title": WORDS, "folder": folder["id"]})
        turns = await self.create(f"/jimae/chats/{chat['id']}/ask", {"content": WORDS})
        template = await self.create("/jimae/templates", FORM)
        key = await self.create("/jimae/me/keys", {"name": "laptop"})
        self.ids |= {
            "model_id": "fake",
            "response_id": (await self.create("/v1/responses", asked))["id"],
            "conversation_id": conversation,
            "item_id": items["data"][0]["id"],
            "file_id": file["id"],
            "batch_id": batch["id"],
            "folder_id": folder["id"],
            "chat_id": chat["id"],
            "turn_id": turns["question"]["id"],
            "run_id": turns["answer"]["run"]["id"],
            "template_id": template["id"],
            "key_id": key["id"],
            "session_id": self.owner.caller.session_id or "",
        }


@pytest.fixture
async def world(settings: Settings, backends: Backends) -> AsyncIterator[World]:
    service = Service(settings, backends.make)
    async with AsyncExitStack() as stack:
        served: Served = await stack.enter_async_context(serving(settings, service))
        backends["fake"].default = saying(f"{WORDS}です。")
        people = People(service)
        owner = await people.add("owner", "user", groups=["総務"])
        spare = await people.add("spare", "user", groups=["不要"])
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=20))
        world = World(people, owner, served.url, client)
        await world.furnish()
        # What administrators may change is somebody's who is not needed.
        world.ids |= {
            "user_id": spare.id,
            "account_id": spare.id,
            "group_id": owner.groups["総務"],
            "member_id": spare.id,
            "subject": f"account:{spare.id}",
        }
        yield world


def expected(actor: Actor, method: str, path: str) -> set[int] | None:
    """The statuses that this actor may get; None for anything but being turned away."""
    level = NEEDS[method, path].level
    if level == "anyone":
        return None
    if actor.role is None:
        return {401}
    if actor.role not in ROLES[level]:
        return {403}
    owned = OWNED & set(PARAMETER.findall(path)) and (method, path) not in THEIR_OWN
    if owned or path in (OWN_KEYS, OWN_SESSIONS):
        return {404}
    return None


async def turned_away_wrongly(world: World, actor: Actor) -> list[str]:
    """What this actor gets of the owner's that they must not get, in words."""
    regular = await world.made(actor)
    if regular is not None and actor.disabled:
        await world.people.disable(regular)
    carriers = {carrier: await world.headers(regular, carrier) for carrier in CARRIERS}
    wrong: list[str] = []
    for number, (method, path) in enumerate(NEEDS):
        for way in range(WAYS_IN):
            carrier = CARRIERS[(number + way) % len(CARRIERS)]
            headers = carriers[carrier]
            if ENDS_SESSIONS.match(path) and actor.role is not None:
                headers = await world.headers(await world.made(actor), carrier)
            status, body = await world.ask(method, path, headers)
            allowed = expected(actor, method, path)
            if allowed is None:
                right = status != 500 and (status != 401 or NEEDS[method, path].level == "anyone")
            else:
                right = status in allowed
            if not right:
                wrong.append(f"{actor.name}: {method} {path} by {carrier}: {status}, {allowed}")
            if any(form in body for form in FORMS_OF_WORDS):
                wrong.append(f"{actor.name}: {method} {path} by {carrier} tells the words")
    return wrong


@pytest.mark.timeout(600)
async def test_nobody_else_gets_what_is_the_owners(world: World) -> None:
    wrong = [line for actor in ACTORS for line in await turned_away_wrongly(world, actor)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("carrier", CARRIERS)
async def test_the_owner_gets_it_by_every_way_in(world: World, carrier: Carrier) -> None:
    wrong: list[str] = []
    of_owner = await world.headers(world.owner, carrier)
    # What takes something away comes last.
    for method, path in sorted(NEEDS, key=lambda route: route[0] == "DELETE"):
        if "user" not in ROLES[NEEDS[method, path].level]:
            continue
        if method == "DELETE":
            await world.furnish()
        headers = of_owner
        if ENDS_SESSIONS.match(path):
            headers = await world.headers(await world.made(ACTORS[2]), carrier)
        status, _ = await world.ask(method, path, headers)
        looked_up = OWNED & set(PARAMETER.findall(path))
        if (status in (401, 403) and not path.startswith("/api/")) or (looked_up and status == 404):
            wrong.append(f"{method} {path}: {status}")
    assert not wrong, "\n".join(wrong)


def test_what_is_looked_up_has_a_body_that_gets_that_far() -> None:
    """Without one, a route would be refused for its body before it could leak."""
    bare = {("POST", path) for _, path in NEEDS if path.endswith(("/cancel", "/restore", "/stop"))}
    bare |= {("POST", path) for _, path in NEEDS if path.endswith(("/answer", "/continue"))}
    owned = {
        route
        for route in NEEDS
        if route[0] in ("POST", "PUT") and OWNED & set(PARAMETER.findall(route[1]))
    }
    assert owned - bare <= BODIES.keys()


REFERENCES: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    (
        "/v1/responses",
        {"model": "fake", "input": "x", "previous_response_id": "{response_id}"},
    ),
    ("/v1/responses", {"model": "fake", "input": "x", "conversation": "{conversation_id}"}),
    (
        "/v1/responses",
        {"model": "fake", "input": [{"type": "item_reference", "id": "{item_id}"}]},
    ),
    (
        "/v1/batches",
        {
            "input_file_id": "{file_id}",
            "endpoint": "/v1/completions",
            "completion_window": "24h",
        },
    ),
    ("/jimae/chats", {"folder": "{folder_id}"}),
    ("/jimae/folders", {"name": "x", "parent": "{folder_id}"}),
)


@pytest.mark.parametrize(("path", "body"), REFERENCES)
async def test_nobody_goes_on_from_what_is_somebody_elses(
    world: World, backends: Backends, path: str, body: dict[str, Any]
) -> None:
    before = len(backends["fake"].requests)
    for actor in ACTORS[2:5]:
        person = await world.made(actor)
        assert person is not None
        response = await world.client.post(
            world.url + path, headers=person.session, json=world._filled(body)
        )
        assert response.status_code == 404, response.text
    assert len(backends["fake"].requests) == before
