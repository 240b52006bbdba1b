"""Who loses their access while an answer is written for them: the stream ends, and says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import Session

from fakes.backend import Backends, forever
from fakes.people import TERMINAL, People, Person
from fakes.serving import Served, serving
from jimae.service import keys
from jimae.service.accounts import people as acts
from jimae.service.accounts import sessions
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.account_tables import ApiKey

ASK = {
    "model": "fake",
    "messages": [{"role": "user", "content": "話して"}],
    "stream": True,
}
# A look a second, and time for a machine that is busy.
SECONDS = 2.5

Act = Callable[[Session, Person], object]


@pytest.fixture
async def service(stored: Settings, backends: Backends) -> Service:
    return Service(stored, backends.make)


@pytest.fixture
async def url(stored: Settings, service: Service) -> AsyncIterator[Served]:
    async with serving(stored, service) as served:
        yield served


def disable(session: Session, person: Person) -> None:
    acts.change(session, TERMINAL, acts.find(session, person.id), acts.Change(disabled=True))


def end_session(session: Session, person: Person) -> None:
    assert sessions.end(session, person.id, person.caller.session_id or "")


def new_password(session: Session, person: Person) -> None:
    account = acts.find(session, person.id)
    acts.set_password(session, TERMINAL, account, "x", must_change=True)


def remove(session: Session, person: Person) -> None:
    acts.delete(session, TERMINAL, acts.find(session, person.id))


async def listen(url: str, headers: dict[str, str], began: asyncio.Event) -> tuple[str, float]:
    """The last event of a stream, and when it came."""
    async with (
        httpx.AsyncClient(trust_env=False, timeout=20) as client,
        client.stream("POST", f"{url}/v1/chat/completions", json=ASK, headers=headers) as response,
    ):
        assert response.status_code == 200
        last = ""
        async for line in response.aiter_lines():
            if line.startswith("data:"):
                last = line
                began.set()
        return last, time.monotonic()


async def ended_by(
    served: Served,
    headers: dict[str, str],
    act: Callable[[], Coroutine[Any, Any, object]],
) -> tuple[str, float]:
    """The last event of somebody's stream after an act, and the seconds it took."""
    began = asyncio.Event()
    reading = asyncio.create_task(listen(served.url, headers, began))
    await asyncio.wait_for(began.wait(), 10)
    acted = time.monotonic()
    await act()
    last, at = await asyncio.wait_for(reading, 10)
    return last, at - acted


@pytest.mark.parametrize("act", [disable, end_session, new_password, remove])
async def test_a_stream_ends_when_its_reader_may_not_ask_any_more(
    url: Served, service: Service, backends: Backends, act: Act
) -> None:
    people = People(service)
    user, other = await people.add("hanako"), await people.add("taro")
    backends["fake"].default = forever(0.01)
    began = asyncio.Event()
    others = asyncio.create_task(listen(url.url, other.session, began))
    last, seconds = await ended_by(
        url, user.session, lambda: service.store.write(lambda session: act(session, user))
    )
    assert '"code":"access_revoked"' in last
    assert seconds < SECONDS
    assert began.is_set()
    assert not others.done(), "nobody else's ends"
    others.cancel()
    await asyncio.gather(others, return_exceptions=True)


@pytest.mark.parametrize("how", ["revoked", "expired", "disabled"])
async def test_a_stream_of_a_key_ends_with_it(
    url: Served, service: Service, backends: Backends, how: str
) -> None:
    people = People(service)
    user = await people.add("hanako")
    backends["fake"].default = forever(0.01)
    headers = await people.key(user, "x-api-key")

    def end(session: Session) -> None:
        row = keys.find(session, headers["x-api-key"])
        if how == "revoked":
            row.revoked_at = time.time()
        elif how == "expired":
            session.get_one(ApiKey, row.id).expires_at = time.time()
        else:
            disable(session, user)

    last, seconds = await ended_by(url, headers, lambda: service.store.write(end))
    assert '"code":"access_revoked"' in last
    assert seconds < SECONDS


async def test_the_local_person_ends_with_the_first_account(
    url: Served, service: Service, backends: Backends
) -> None:
    backends["fake"].default = forever(0.01)
    last, seconds = await ended_by(url, {}, lambda: People(service).add("root", "admin"))
    assert '"code":"access_revoked"' in last
    assert seconds < SECONDS
    assert backends["fake"].active == 0


async def test_who_only_reads_on_is_cut_off_too(url: Served, service: Service) -> None:
    """What changes among one's chats is told for as long as one listens."""
    user = await People(service).add("hanako")
    began = asyncio.Event()

    async def read() -> str:
        last = ""
        async with (
            httpx.AsyncClient(trust_env=False, timeout=20) as client,
            client.stream("GET", f"{url.url}/jimae/chats/events", headers=user.session) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data:"):
                    last = line
                    began.set()
        return last

    reading = asyncio.create_task(read())
    await asyncio.wait_for(began.wait(), 10)
    assert service.runs.active == 0, "nobody has to wait for it when the server stops"
    await service.store.write(lambda session: end_session(session, user))
    assert '"code":"access_revoked"' in await asyncio.wait_for(reading, 10)
