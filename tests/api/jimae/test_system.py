"""What administrators see of the server: who is being answered, health, and settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from fakes.backend import Backends, FakeBackend, forever
from fakes.people import People
from fakes.waiting import until
from jimae.api.app import create_app
from jimae.service.caller import LOCAL, Caller
from jimae.service.service import Service
from jimae.settings import load

ASK = {"model": "fake", "messages": [{"role": "user", "content": "秘密の相談"}], "stream": True}


async def test_the_queue_counts_people_and_holds_no_words(
    client: httpx.AsyncClient, service: Service, backend: FakeBackend
) -> None:
    people = People(service)
    root, user = await people.add("root", "admin"), await people.add("hanako")
    going = [service.gate.going.begin(user.caller, "fake", n) for n in (1, 2)]
    body = (await client.get("/jimae/admin/queue", headers=root.session)).json()
    (line,) = body["people"]
    assert (line["name"], line["requests"], line["sequences"]) == ("hanako", 2, 3)
    assert line["models"] == ["fake"]
    assert [one["model"] for one in body["engines"]] == ["fake"]
    for number in going:
        service.gate.going.end(number)
    assert service.gate.going.people() == []


async def test_an_answer_is_there_until_its_reader_leaves(
    served: object, backend: FakeBackend
) -> None:
    backend.play(*forever())
    url = served.url  # type: ignore[attr-defined]
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        async with client.stream("POST", "/v1/chat/completions", json=ASK) as response:
            # Held on to: an iterator that is thrown away closes the connection.
            pieces = response.aiter_bytes()
            await anext(pieces)
            # A stream may begin with a comment, before the request was let in.
            await until(lambda: backend.active == 1)
            shown = await client.get("/jimae/admin/queue")
            assert [one["requests"] for one in shown.json()["people"]] == [1]
            assert "秘密" not in shown.text
        await until(lambda: backend.active == 0)
        # The record of the end is written after the model is free.
        async with asyncio.timeout(5):
            while (await client.get("/jimae/admin/queue")).json()["people"]:
                await asyncio.sleep(0.01)


async def test_health(client: httpx.AsyncClient, service: Service) -> None:
    body = (await client.get("/jimae/admin/system")).json()
    checks = {one["part"]: one["health"] for one in body["checks"]}
    assert {checks["database"], checks["model"], checks["accepting"]} == {"ok"}
    assert 0 < body["disk_free"] <= body["disk_total"]
    await service.models.unload("fake")
    service.runs.refuse()
    body = (await client.get("/jimae/admin/system")).json()
    checks = {one["part"]: one["health"] for one in body["checks"]}
    assert (checks["model"], checks["accepting"]) == ("warning", "warning")


@pytest.fixture
async def configured(tmp_path: Path, backends: Backends) -> AsyncIterator[httpx.AsyncClient]:
    """A server with a setting from each place."""
    (tmp_path / "jimae.toml").write_text(
        '[engine]\nparallel = 3\nbatch = 256\n[model."fake"]\ncontext = 512\n'
    )
    settings = load(
        environ={
            "JIMAE_ENGINE__BATCH": "1024",
            "JIMAE_DATABASE__URL": "postgresql://user:secret@host/name",
        },
        overrides={"data_dir": tmp_path, "log.level": "error"},
    )
    # It is told of, and not used: nothing here starts the service.
    service = Service(settings, backends.make)
    transport = httpx.ASGITransport(app=create_app(settings, service))
    service.accounts.identify = local  # type: ignore[method-assign,assignment]
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def local(*_: object) -> Caller:
    return LOCAL


async def test_settings_say_where_they_come_from(configured: httpx.AsyncClient) -> None:
    body = (await configured.get("/jimae/admin/settings")).json()
    rows = {one["name"]: one for one in body["data"]}
    sources = {
        "engine.parallel": ("file", 3),
        "engine.batch": ("environment", 1024),
        "log.level": ("command line", "error"),
        "engine.target_itl": ("default", 0.8),
        "model.fake.context": ("file", 512),
        "model.fake.batch": ("default", None),
    }
    for name, (source, value) in sources.items():
        assert (rows[name]["source"], rows[name]["value"]) == (source, value), name
    assert rows["engine.parallel"]["default"] == 16
    assert rows["engine.parallel"]["description"].startswith("Most answers")


async def test_settings_are_described_in_the_language_of_who_asks(
    configured: httpx.AsyncClient,
) -> None:
    japanese = {"Accept-Language": "ja"}
    body = (await configured.get("/jimae/admin/settings", headers=japanese)).json()
    rows = {one["name"]: one["description"] for one in body["data"]}
    assert rows["engine.parallel"] == "同時に書く回答の最大の数。"
    assert rows["model.fake.context"] == "engine.context と同じ。"


async def test_secrets_stay_untold(configured: httpx.AsyncClient) -> None:
    response = await configured.get("/jimae/admin/settings")
    assert "secret@" not in response.text
    rows = {one["name"]: one for one in response.json()["data"]}
    assert rows["database.url"]["secret"] is True
    assert rows["database.url"]["value"] == "********"
    assert rows["database.url"]["source"] == "environment"
