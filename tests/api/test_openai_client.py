"""The official client against a real server: what it reads, and how it is told of errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import openai
import pytest

from fakes.backend import FakeBackend, saying
from fakes.serving import Served
from jimae.errors import JimaeError
from jimae.types import Delta, Queued, Started

MESSAGES: list[openai.types.chat.ChatCompletionMessageParam] = [
    {"role": "user", "content": "日本の首都はどこですか?"}
]


@pytest.fixture
async def api(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    # Not through a proxy that the environment may name.
    http = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{served.url}/v1", api_key="unused", max_retries=0, http_client=http
    ) as client:
        yield client


async def test_models(api: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in api.models.list()] == ["fake", "other"]
    assert (await api.models.retrieve("other")).object == "model"
    with pytest.raises(openai.NotFoundError) as caught:
        await api.models.retrieve("nothing")
    assert caught.value.code == "model_not_found"


async def test_chat(api: openai.AsyncOpenAI) -> None:
    answer = await api.chat.completions.create(model="fake", messages=MESSAGES, n=2)
    assert [choice.message.content for choice in answer.choices] == ["東京です。"] * 2
    assert answer.usage is not None
    assert answer.usage.total_tokens == 7 + 10
    assert answer.usage.prompt_tokens_details is not None


async def test_stream(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(Queued(2, 12.0), *saying("東京です。"))
    stream = await api.chat.completions.create(
        model="fake", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "東京です。"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 5


async def test_stream_helper(api: openai.AsyncOpenAI) -> None:
    async with api.chat.completions.stream(model="fake", messages=MESSAGES) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == "東京です。"


async def test_completions(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    whole = await api.completions.create(model="fake", prompt="日本の首都は")
    assert whole.choices[0].text == "東京です。"
    assert whole.usage is not None
    stream = await api.completions.create(model="fake", prompt=[1, 2], stream=True)
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].text for chunk in chunks) == "東京です。"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert backend.requests[0].max_tokens == 16


async def test_error_in_the_middle_of_a_stream_is_raised(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    backend.play(Started(7, 0), Delta("東", (1,)), died)
    stream = await api.chat.completions.create(model="fake", messages=MESSAGES, stream=True)
    chunks = aiter(stream)
    assert (await anext(chunks)).choices[0].delta.role == "assistant"
    assert (await anext(chunks)).choices[0].delta.content == "東"
    with pytest.raises(openai.APIError, match="ended unexpectedly") as caught:
        await anext(chunks)
    assert caught.value.code == "worker_died"


async def test_errors_have_their_classes(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    create = api.chat.completions.create
    with pytest.raises(openai.BadRequestError) as caught:
        await create(model="fake", messages=MESSAGES, temperature=9)
    assert caught.value.param == "temperature"
    with pytest.raises(openai.BadRequestError, match="Nearest: max_tokens"):
        await create(model="fake", messages=MESSAGES, extra_body={"max_token": 1})
    backend.play(JimaeError("queue_full", waiting=1, seconds=1, retry_after=1))
    with pytest.raises(openai.RateLimitError):
        await create(model="fake", messages=MESSAGES)
    backend.play(JimaeError("model_loading", model="fake"))
    with pytest.raises(openai.InternalServerError):
        await create(model="fake", messages=MESSAGES, stream=True)


async def test_extensions_go_in_the_extra_body(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    await api.chat.completions.create(
        model="fake", messages=MESSAGES, extra_body={"top_k": 5, "min_p": 0.5}
    )
    assert backend.requests[0].sampling.top_k == 5


async def test_answers_come_as_they_are_written(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    gate = asyncio.Event()
    backend.play(Started(7, 0), Delta("東", (1,)), gate, *saying("京")[2:])
    stream = await api.chat.completions.create(model="fake", messages=MESSAGES, stream=True)
    texts = aiter(stream)
    await anext(texts)
    assert (await anext(texts)).choices[0].delta.content == "東"
    gate.set()
    assert (await anext(texts)).choices[0].delta.content == "京"
    await stream.close()


async def test_eight_chats_at_once(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.default = saying("あいうえお", delay=0.005)
    order: list[int] = []

    async def one(number: int) -> str:
        text = ""
        stream = await api.chat.completions.create(model="fake", messages=MESSAGES, stream=True)
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            order.append(number)
        return text

    assert await asyncio.gather(*map(one, range(8))) == ["あいうえお"] * 8
    last_to_begin = max(order.index(number) for number in range(8))
    first_to_end = min(len(order) - 1 - order[::-1].index(number) for number in range(8))
    assert last_to_begin < first_to_end
