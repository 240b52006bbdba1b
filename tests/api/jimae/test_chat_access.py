"""Whose chats are read by whom: their owners', and by groups they are shared with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from api.jimae.chatting import Chatter
from fakes.backend import Backends
from fakes.people import People, Person
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import Settings


class Office(NamedTuple):
    """Somebody with a chat, a colleague of the same group, others of none, and their pages."""

    owner: Chatter
    colleague: Chatter
    other: Chatter
    admin: Chatter
    group: str
    chat: str
    turn: str
    run: str


@pytest.fixture
async def office(stored: Settings, backends: Backends) -> AsyncIterator[Office]:
    service = Service(stored, backends.make)
    async with serving(stored, service) as served:
        people = People(service)
        admin = await people.add("root", "admin")
        owner = await people.add("hanako", groups=["営業"])
        colleague = await people.add("taro", groups=["営業"])
        other = await people.add("jiro", groups=["総務"])

        def page(person: Person) -> Chatter:
            return Chatter(served.url, headers=person.session)

        async with (
            page(owner) as one,
            page(colleague) as two,
            page(other) as three,
            page(admin) as four,
        ):
            chat = await one.new(title="見積の件")
            asked = await one.ask(chat, "午後の見積は?")
            run = asked["answer"]["run"]
            answer = await one.end(chat, asked["answer"])
            group = owner.groups["営業"]
            yield Office(one, two, three, four, group, chat, answer["id"], run["id"])


def paths(office: Office) -> list[tuple[str, str, Any]]:
    """Every way to a chat, with the body it takes."""
    chat, turn, run = f"/chats/{office.chat}", office.turn, office.run
    return [
        ("GET", chat, None),
        ("GET", f"{chat}/turns/{turn}", None),
        ("GET", f"{chat}/runs/{run}/events", None),
        ("GET", f"{chat}/export", None),
        ("POST", chat, {"title": "x"}),
        ("POST", f"{chat}/ask", {"content": "x", "parent": turn}),
        ("POST", f"{chat}/turns/{turn}/answer", {}),
        ("POST", f"{chat}/turns/{turn}/continue", None),
        ("POST", f"{chat}/runs/{run}/stop", None),
        ("POST", f"{chat}/share", {"group": office.group}),
        ("POST", f"{chat}/restore", None),
        ("DELETE", f"{chat}/share", None),
        ("DELETE", chat, None),
        ("DELETE", f"{chat}?forever=true", None),
    ]


async def test_nobody_else_reaches_a_chat(office: Office) -> None:
    for who in (office.colleague, office.other, office.admin):
        for method, path, body in paths(office):
            await who.call(method, path, 404, json=body)
        assert (await who.get("/chats"))["data"] == []
        assert (await who.get("/chats/shared"))["data"] == []
        assert (await who.get("/chats/search", q="見積"))["data"] == []
        assert (await who.get("/chats", trash=True))["data"] == []
    assert len((await office.owner.get("/chats"))["data"]) == 1


async def test_a_group_reads_what_is_shared_with_it_until_it_is_not(office: Office) -> None:
    told = await office.owner.post(f"/chats/{office.chat}/share", group=office.group)
    assert told["shared_with"] == [office.group]
    (shared,) = (await office.colleague.get("/chats/shared"))["data"]
    assert (shared["id"], shared["mine"], shared["shared_with"]) == (office.chat, False, [])
    read = await office.colleague.get(f"/chats/{office.chat}")
    assert len(read["turns"]) == 2
    assert read["chat"]["owner_name"] == shared["owner_name"] != ""
    # Reading is all of it.
    for method, path, body in paths(office)[1:]:
        await office.colleague.call(method, path, 404, json=body)
    for who in (office.other, office.admin):
        await who.get(f"/chats/{office.chat}", 404)
    assert (await office.colleague.get("/chats/search", q="見積"))["data"] == []
    await office.owner.delete(f"/chats/{office.chat}/share", group=office.group)
    await office.colleague.get(f"/chats/{office.chat}", 404)
    assert (await office.colleague.get("/chats/shared"))["data"] == []


async def test_who_loses_a_chat_is_told_at_once(office: Office) -> None:
    """And nobody else is."""
    told: dict[str, list[dict[str, str]]] = {"colleague": [], "other": []}

    async def listen(who: str) -> None:
        chatter: Chatter = getattr(office, who)
        async with chatter.http.stream("GET", "/jimae/chats/events") as response:
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    told[who].append(json.loads(line[5:]))

    async with asyncio.TaskGroup() as pages, asyncio.timeout(10):
        listening = [pages.create_task(listen(who)) for who in told]
        while not all(told.values()):
            await asyncio.sleep(0.01)
        await office.owner.post(f"/chats/{office.chat}/share", group=office.group)
        await office.owner.delete(f"/chats/{office.chat}/share", group=office.group)
        while len(told["colleague"]) < 2:
            await asyncio.sleep(0.01)
        for task in listening:
            task.cancel()
    assert told["colleague"] == [{"type": "hello"}, {"type": "gone", "id": office.chat}]
    assert told["other"] == [{"type": "hello"}]


async def test_one_shares_with_groups_of_ones_own(office: Office) -> None:
    refused = await office.owner.post(f"/chats/{office.chat}/share", 403, group="group_none")
    assert refused["error"]["code"] == "share_not_member"


async def test_what_is_in_the_trash_is_shared_with_nobody(office: Office) -> None:
    await office.owner.post(f"/chats/{office.chat}/share", group=office.group)
    await office.owner.delete(f"/chats/{office.chat}")
    await office.colleague.get(f"/chats/{office.chat}", 404)
