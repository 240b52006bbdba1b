"""Streams of responses: every event in its order, read again, left, and ended by the server."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import openai
import pytest

from api.openai.responses.test_responses import CALLING
from api.openai.responses.valid import EVENT, valid
from fakes.backend import Backends, FakeBackend, done, forever, saying
from fakes.serving import Served, serving
from fakes.waiting import until
from jimae.errors import JimaeError
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.types import Delta, Queued, Started

TEXT = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]


async def events_of(stream: Any) -> list[Any]:
    """Every event, judged by the client's types; their numbers have no gap."""
    events = [event async for event in stream]
    for event in events:
        valid(event, EVENT)
    first = events[0].sequence_number
    assert [event.sequence_number for event in events] == [
        first + index for index in range(len(events))
    ]
    return events


def types(events: list[Any]) -> list[str]:
    return [event.type for event in events]


async def test_a_text(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(*saying("東京"))
    events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
    assert types(events) == TEXT
    assert [event.delta for event in events if event.type.endswith("delta")] == ["東", "京"]
    assert events[0].response.status == "in_progress"
    assert events[0].response.output == []
    assert events[2].item.content == []
    assert events[6].text == "東京"
    assert events[-1].response.output_text == "東京"
    kept = await api.responses.retrieve(events[0].response.id)
    assert kept.to_dict() == events[-1].response.to_dict()


async def test_thinking_and_calling(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(Queued(3, 1.0), *CALLING)
    events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
    assert types(events) == [
        "response.created",
        "response.queued",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.reasoning_text.delta",
        "response.reasoning_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    indexes = [event.output_index for event in events if hasattr(event, "output_index")]
    assert indexes == [0] * 6 + [1] * 5 + [2] * 4
    assert events[12].arguments == '{"市":"東京"}'
    assert events[13].item.call_id == "call_a"


async def test_thinking_speaking_and_calling_in_one_step(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    call = CALLING[2].calls[0]  # type: ignore[union-attr]
    backend.play(Started(7, 0), Delta("は", (1,), reasoning="ふむ", calls=(call,)), done(1))
    events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
    kinds = [item.type for item in events[-1].response.output]
    assert kinds == ["reasoning", "message", "function_call"]


async def test_the_clients_own_helper(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(*CALLING)
    async with api.responses.stream(model="fake", input="一") as stream:
        final = await stream.get_final_response()
    assert [item.type for item in final.output] == ["reasoning", "function_call", "function_call"]


async def test_an_answer_without_a_word(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(Started(7, 0), done(0))
    events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
    assert types(events) == [name for name in TEXT if not name.endswith("delta")]
    assert events[-1].response.output_text == ""


async def test_too_long(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(*saying("東京", reason="length"))
    events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
    assert types(events) == [*TEXT[:-1], "response.incomplete"]


async def test_an_error_in_the_middle(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    backend.play(Started(7, 0), Delta("東", (1,)), Delta("京", (2,)), died)
    events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
    assert types(events) == [*TEXT[:-1], "response.failed"]
    failed = events[-1].response
    assert failed.error.code == "server_error"
    assert "'fake' ended" in failed.error.message
    assert "signal 9" not in failed.error.message
    assert failed.output[0].status == "incomplete"
    kept = await api.responses.retrieve(failed.id)
    assert kept.status == "failed"
    assert kept.error is not None
    assert kept.output_text == "東京"


async def test_an_error_before_the_first_event_is_no_stream(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(JimaeError("queue_full", waiting=1, seconds=1, retry_after=1))
    with pytest.raises(openai.RateLimitError):
        await api.responses.create(model="fake", input="一", stream=True)


async def test_leaving_frees_the_model_and_says_so(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(*forever())
    stream = await api.responses.create(model="fake", input="一", stream=True)
    events = aiter(stream)
    created: Any = await anext(events)
    while (await anext(events)).type != "response.output_text.delta":
        pass
    await stream.close()
    await until(lambda: backend.active == 0)

    async def cancelled() -> bool:
        return (await api.responses.retrieve(created.response.id)).status == "cancelled"

    async with asyncio.timeout(5):
        while not await cancelled():
            await asyncio.sleep(0.01)
    kept = await api.responses.retrieve(created.response.id)
    valid(kept)
    assert kept.output_text.startswith("あ")
    assert kept.output[0].status == "incomplete"  # type: ignore[union-attr]


async def test_leaving_a_whole_answer_frees_the_model(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.default = forever()
    for wait in (0.0, 0.005, 0.05):
        with pytest.raises(openai.APITimeoutError):
            await api.responses.create(model="fake", input="一", timeout=0.05 + wait)
    await until(lambda: backend.active == 0)
    assert backend.started == backend.cancelled


async def test_the_background(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    gate = asyncio.Event()
    backend.play(Started(7, 0), gate, *saying("東京")[1:])
    response = await api.responses.create(model="fake", input="一", background=True)
    valid(response)
    # It may have begun already.
    assert response.status in ("queued", "in_progress")
    await until(lambda: backend.active == 1)
    while (await api.responses.retrieve(response.id)).status != "in_progress":
        await asyncio.sleep(0.01)
    with pytest.raises(openai.ConflictError) as caught:
        await api.responses.create(model="fake", input="二", previous_response_id=response.id)
    assert caught.value.code == "response_unfinished"
    gate.set()
    while (now := await api.responses.retrieve(response.id)).status == "in_progress":
        await asyncio.sleep(0.01)
    valid(now)
    assert (now.status, now.output_text) == ("completed", "東京")


async def test_an_error_in_the_background(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(JimaeError("queue_full", waiting=1, seconds=1))
    response = await api.responses.create(model="fake", input="一", background=True)
    while (now := await api.responses.retrieve(response.id)).status in ("queued", "in_progress"):
        await asyncio.sleep(0.01)
    valid(now)
    assert now.error is not None
    assert (now.status, now.error.code) == ("failed", "rate_limit_exceeded")


async def test_reading_the_background_again(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    gate = asyncio.Event()
    backend.play(Started(7, 0), Delta("東", (1,)), gate, Delta("京", (2,)), done(2))
    stream = await api.responses.create(model="fake", input="一", background=True, stream=True)
    seen: list[Any] = []
    async for event in stream:
        seen.append(event)
        if event.type == "response.output_text.delta":
            break
    await stream.close()
    response_id = seen[0].response.id
    assert seen[0].response.status == "queued"
    assert backend.active == 1

    last = seen[-1].sequence_number
    again = await api.responses.retrieve(response_id, stream=True, starting_after=last)
    reading = asyncio.create_task(events_of(again))
    await asyncio.sleep(0.05)
    gate.set()
    rest = await reading
    assert rest[0].sequence_number == last + 1
    assert types(seen + rest) == TEXT

    whole = await events_of(await api.responses.retrieve(response_id, stream=True))
    assert [event.to_dict() for event in whole] == [event.to_dict() for event in seen + rest]
    assert whole[-1].response.output_text == "東京"


async def test_events_that_cannot_be_read_again(api: openai.AsyncOpenAI) -> None:
    response = await api.responses.create(model="fake", input="一")
    with pytest.raises(openai.BadRequestError) as caught:
        await api.responses.retrieve(response.id, stream=True)
    assert caught.value.code == "response_events_gone"


async def test_cancelling(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(*forever())
    response = await api.responses.create(model="fake", input="一", background=True)
    stream = await api.responses.retrieve(response.id, stream=True)
    reading = asyncio.create_task(events_of(stream))
    await until(lambda: backend.active == 1)
    cancelled = await api.responses.cancel(response.id)
    valid(cancelled)
    assert cancelled.status == "cancelled"
    assert backend.active == 0
    events = await reading
    assert events[-1].response.status == "cancelled"
    assert (await api.responses.retrieve(response.id)).status == "cancelled"
    assert (await api.responses.cancel(response.id)).status == "cancelled"


async def test_cancelling_at_once(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.default = forever()
    for _ in range(5):
        response = await api.responses.create(model="fake", input="一", background=True)
        assert (await api.responses.cancel(response.id)).status == "cancelled"
    assert backend.active == 0


async def test_the_end_of_the_server(stored: Settings, backends: Backends) -> None:
    backends["fake"].default = forever()
    async with serving(stored, Service(stored, backends.make)) as served, client(served) as api:
        response = await api.responses.create(model="fake", input="一", background=True)
        await until(lambda: backends["fake"].active == 1)
    again = Backends()
    async with serving(stored, Service(stored, again.make)) as served, client(served) as api:
        kept = await api.responses.retrieve(response.id)
        valid(kept)
        assert kept.status == "failed"
        assert kept.error is not None
        assert kept.error.to_dict()["reason"] == "server_stopping"
        with pytest.raises(openai.BadRequestError):
            await api.responses.retrieve(response.id, stream=True)


async def test_what_cannot_be_stored_is_not_completed(
    api: openai.AsyncOpenAI, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise JimaeError("storage_full", place="/srv")

    with monkeypatch.context() as patch:
        patch.setattr("jimae.service.records.finish", full)
        events = await events_of(await api.responses.create(model="fake", input="一", stream=True))
        assert events[-1].type == "response.failed"
        kept = await api.responses.retrieve(events[0].response.id)
        assert kept.status == "failed"
        with pytest.raises(openai.InternalServerError) as caught:
            await api.responses.create(model="fake", input="一")
        assert caught.value.code == "storage_full"
    assert (await api.responses.create(model="fake", input="一")).status == "completed"


def client(served: Served) -> openai.AsyncOpenAI:
    http = httpx.AsyncClient(trust_env=False)
    return openai.AsyncOpenAI(
        base_url=f"{served.url}/v1", api_key="unused", max_retries=0, http_client=http
    )
