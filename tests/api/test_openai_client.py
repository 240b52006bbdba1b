"""The official client against a real server: what it reads, and how it is told of errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import openai
import pydantic
import pytest

from fakes import official
from fakes.backend import FakeBackend, saying
from fakes.serving import Served
from fakes.weather import ARGUMENTS, TOOL, calling
from jimae.errors import JimaeError
from jimae.types import ChatPrompt, Delta, Grammar, Queued, Started, ToolCall

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
    """No answer goes on before every one of the eight has begun to arrive."""
    all_began = asyncio.Event()
    beginning, rest = saying("あいうえお")[:3], saying("あいうえお")[3:]
    began: set[int] = set()

    async def one(number: int) -> str:
        text = ""
        stream = await api.chat.completions.create(model="fake", messages=MESSAGES, stream=True)
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if text:
                began.add(number)
            if len(began) == 8:
                all_began.set()
        return text

    backend.default = [*beginning, all_began, *rest]
    async with asyncio.timeout(30):
        assert await asyncio.gather(*map(one, range(8))) == ["あいうえお"] * 8


async def test_every_answer_fits_the_types_of_the_client(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    """Its own parsing takes anything; these judge."""
    with_raw = api.chat.completions.with_raw_response
    backend.play(*calling("東京", "大阪", text="はい", reasoning="さて"))
    raw = await with_raw.create(model="fake", messages=MESSAGES, tools=[TOOL], logprobs=True)
    answer = official.chat(raw.http_response.json())
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    assert [call.id for call in calls] == ["call_0", "call_1"]
    backend.play(*saying("a"))
    completion = await api.completions.with_raw_response.create(model="fake", prompt="a")
    official.completion(completion.http_response.json())
    models = await api.models.with_raw_response.list()
    official.judged(list[openai.types.Model], models.http_response.json()["data"])


async def test_the_tool_loop_of_a_program(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    messages = [*MESSAGES]
    backend.play(*calling("東京"))
    first = await api.chat.completions.create(model="fake", messages=messages, tools=[TOOL])
    message = first.choices[0].message
    # As programs do: the answer goes back as it came.
    messages.append(message.model_dump())  # type: ignore[arg-type]
    assert message.tool_calls
    messages.append(
        {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": '{"weather":"晴れ"}'}
    )
    backend.play(*saying("晴れです。"))
    second = await api.chat.completions.create(model="fake", messages=messages, tools=[TOOL])
    assert second.choices[0].message.content == "晴れです。"
    prompt = backend.requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert prompt.messages[1].tool_calls == (ToolCall("call_0", "get_weather", ARGUMENTS),)
    assert prompt.messages[2].tool_call_id == "call_0"


async def test_the_stream_helper_gathers_calls(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(*calling("東京", "大阪"))
    names = []
    async with api.chat.completions.stream(
        model="fake", messages=MESSAGES, tools=[TOOL], tool_choice="required"
    ) as stream:
        async for event in stream:
            if event.type == "tool_calls.function.arguments.done":
                names.append((event.index, event.name, event.arguments))
        final = await stream.get_final_completion()
    assert names == [
        (0, "get_weather", '{"city":"東京"}'),
        (1, "get_weather", '{"city":"大阪"}'),
    ]
    assert final.choices[0].finish_reason == "tool_calls"
    # What the helper made of it is sent back as it is.
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "晴れ"}
        for call in final.choices[0].message.tool_calls or ()
    ]
    history = [*MESSAGES, final.choices[0].message, *results]
    await api.chat.completions.create(model="fake", messages=history)  # type: ignore[arg-type]
    prompt = backend.requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert [call.arguments for call in prompt.messages[1].tool_calls] == [
        '{"city":"東京"}',
        '{"city":"大阪"}',
    ]


class City(pydantic.BaseModel):
    city: str


async def test_an_answer_is_parsed_into_a_class(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(*saying(ARGUMENTS))
    parsed = await api.chat.completions.parse(model="fake", messages=MESSAGES, response_format=City)
    assert parsed.choices[0].message.parsed == City(city="東京")
    grammar = backend.requests[0].grammar
    assert grammar is not None
    assert grammar.kind == "json_schema"
    assert json.loads(grammar.source)["required"] == ["city"]


async def test_reasoning_is_read_as_others_name_it(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(*calling(text="はい", reasoning="さて"))
    stream = await api.chat.completions.create(
        model="fake", messages=MESSAGES, stream=True, reasoning_effort="low"
    )
    thoughts = [getattr(chunk.choices[0].delta, "reasoning_content", "") async for chunk in stream]
    assert "".join(thoughts) == "さて"


async def test_a_form_of_ours_goes_in_the_extra_body(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    form = {"structured_outputs": {"choice": ["はい", "いいえ"]}}
    await api.chat.completions.create(model="fake", messages=MESSAGES, extra_body=form)
    await api.completions.create(model="fake", prompt="a", extra_body=form)
    assert [request.grammar for request in backend.requests] == [
        Grammar("regex", "はい|いいえ")
    ] * 2
