"""Who a request is for, and what several sequences cost together."""

from __future__ import annotations

import asyncio

import pytest

from fakes.backend import FakeBackend, saying
from jimae.errors import JimaeError
from jimae.service import chat
from jimae.service import service as service_module
from jimae.service.caller import LOCAL, principal
from jimae.service.chat import Ask, Loading, total_usage
from jimae.service.service import Service
from jimae.types import ChatPrompt, Done, Message, TextPart, Usage

PROMPT = ChatPrompt((Message("user", (TextPart("はい"),)),))


def test_a_client_names_its_turn_but_not_its_scope() -> None:
    assert principal(LOCAL, None, "user").id == "local"
    assert principal(LOCAL, "a", "user").id == "local/a"
    assert principal(LOCAL, "a", "user").scope == principal(LOCAL, "b", "group").scope == "local"
    assert principal(LOCAL, "a", "server").scope == "server"


def test_the_prompt_is_counted_once() -> None:
    usages = [Usage(7, 3, 0), Usage(7, 4, 6)]
    assert total_usage(usages) == Usage(7, 7, 0)
    assert total_usage(usages[1:]) == Usage(7, 4, 6)


async def test_news_of_a_load_come_once(
    service: Service, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "LOAD_NEWS_SECONDS", 0.01)
    backend.restarting()
    seen = []
    async for index, event in service.chat.answer(LOCAL, Ask("fake", PROMPT, n=3)):
        seen.append((index, type(event)))
        if len(seen) == 3:
            backend.loaded()
    assert {index for index, kind in seen if kind is Loading} == {0}
    assert {index for index, kind in seen if kind is Done} == {0, 1, 2}


async def test_an_answer_does_not_wait_for_the_memory_to_be_measured(
    service: Service, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = 0

    def resident() -> None:
        nonlocal measured
        measured += 1

    monkeypatch.setattr(backend, "resident", resident)
    async for _ in service.chat.answer(LOCAL, Ask("fake", PROMPT)):
        pass
    assert measured == 0
    service.models.status("fake")
    assert measured == 1


async def test_load_that_fails_is_told(service: Service, backend: FakeBackend) -> None:
    backend.broken("no memory")
    with pytest.raises(JimaeError, match="no memory"):
        async for _ in service.chat.answer(LOCAL, Ask("fake", PROMPT)):
            pass


async def test_the_queue_counts_all_models(service: Service, backend: FakeBackend) -> None:
    backend.play(*saying("はい", delay=0.01))
    async for _ in service.chat.answer(LOCAL, Ask("fake", PROMPT)):
        assert (await service.queue()).running <= 1
    assert (await service.queue()) == (0, 0)


async def test_a_worker_that_hangs_does_not_hold_up_the_status(
    service: Service, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang() -> None:
        await asyncio.sleep(0.2)
        raise JimaeError("worker_died", model="fake", reason="SIGKILL")

    monkeypatch.setattr(service_module, "STATUS_SECONDS", 0.05)
    monkeypatch.setattr(backend, "status", hang)
    async with asyncio.timeout(0.15):
        assert await service.queue() == (0, 0)
    # What it says later is nobody's error.
    await asyncio.sleep(0.2)
    monkeypatch.setattr(service_module, "STATUS_SECONDS", 1)
    assert await service.queue() == (0, 0)
