"""Responses through the official client, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from openai.types.responses import Response, ResponseFunctionToolCall, ResponseReasoningItem
from pydantic import BaseModel

from api.openai.responses.tools import WEATHER
from api.openai.responses.valid import ITEMS, valid
from fakes.backend import FakeBackend, done, saying
from jimae.errors import JimaeError
from jimae.types import (
    CallDelta,
    ChatPrompt,
    Delta,
    Grammar,
    Message,
    Queued,
    Started,
    TextPart,
    TokenLogprob,
    ToolCall,
    ToolChoice,
)

CALLING = [
    Started(7, 0),
    Delta("", (1,), reasoning="調べよう"),
    Delta("", (2,), calls=(CallDelta(0, "call_a", "weather"),)),
    Delta("", (3,), calls=(CallDelta(0, arguments='{"市":'),)),
    Delta("", (4,), calls=(CallDelta(0, arguments='"東京"}'),)),
    Delta("", (5,), calls=(CallDelta(1, "call_b", "weather", "{}"),)),
    done(5, "tool_calls"),
]


def shown(backend: FakeBackend) -> tuple[Message, ...]:
    """The messages of the last request."""
    prompt = backend.requests[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    return prompt.messages


def said(role: Any, text: str) -> Message:
    return Message(role=role, content=(TextPart(text),))


async def test_a_text(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    response = await api.responses.create(
        model="fake",
        input="日本の首都は?",
        instructions="短く",
        temperature=0.5,
        top_p=0.9,
        max_output_tokens=50,
        metadata={"部署": "総務"},
        user="alice",
    )
    valid(response)
    assert response.output_text == "東京です。"
    assert response.status == "completed"
    assert response.id.startswith("resp_")
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (7, 5)
    assert (response.instructions, response.temperature) == ("短く", 0.5)
    assert response.metadata == {"部署": "総務"}
    assert shown(backend) == (said("system", "短く"), said("user", "日本の首都は?"))
    request = backend.requests[0]
    assert (request.sampling.temperature, request.sampling.top_p) == (0.5, 0.9)
    assert request.max_tokens == 50
    assert request.principal.id == "local/alice"

    kept = await api.responses.retrieve(response.id)
    assert valid(kept).to_dict() == valid(response).to_dict()


async def test_going_on_from_a_response(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    first = await api.responses.create(model="fake", input="一", instructions="短く")
    second = await api.responses.create(
        model="fake", input=[{"role": "user", "content": "二"}], previous_response_id=first.id
    )
    # Two branches of one answer.
    third = await api.responses.create(model="fake", input="三", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert shown(backend) == (
        said("user", "一"),
        said("assistant", "東京です。"),
        said("user", "三"),
    )

    items = await api.responses.input_items.list(third.id, order="asc")
    texts = [item.content[0].text for item in items.data]  # type: ignore[union-attr]
    assert texts == ["一", "東京です。", "三"]

    await api.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError) as caught:
        await api.responses.retrieve(first.id)
    assert caught.value.code == "response_not_found"
    with pytest.raises(openai.NotFoundError) as caught:
        await api.responses.create(model="fake", input="四", previous_response_id=first.id)
    assert caught.value.param == "previous_response_id"
    fourth = await api.responses.create(model="fake", input="四", previous_response_id=third.id)
    assert len(shown(backend)) == 5
    for response in (second, third, fourth):
        await api.responses.delete(response.id)


async def test_input_items_page_by_page(api: openai.AsyncOpenAI) -> None:
    response = await api.responses.create(
        model="fake", input=[{"role": "user", "content": str(n)} for n in range(5)]
    )

    async def texts(**query: Any) -> list[str]:
        page = await api.responses.input_items.list(response.id, **query)
        valid(page.to_dict(mode="json"), ITEMS)
        return [item.content[0].text async for item in page]  # type: ignore[union-attr]

    assert await texts() == ["4", "3", "2", "1", "0"]
    assert await texts(limit=2, order="asc") == ["0", "1", "2", "3", "4"]
    first = await api.responses.input_items.list(response.id, limit=2, order="asc")
    assert first.has_more  # type: ignore[attr-defined]
    assert await texts(after=first.last_id, order="asc") == ["2", "3", "4"]  # type: ignore[attr-defined]
    for query in ({"limit": 0}, {"limit": 101}, {"order": "up"}, {"after": "a\0"}):
        with pytest.raises(openai.BadRequestError):
            await texts(**query)
    with pytest.raises(openai.NotFoundError):
        await texts(after="msg_nothing")
    with pytest.raises(openai.BadRequestError, match="file_search"):
        await texts(include=["file_search_call.results"])
    with pytest.raises(openai.BadRequestError, match="Nearest"):
        await texts(extra_query={"limits": 3})


async def test_tools_are_called_and_answered(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(*CALLING)
    response = await api.responses.create(
        model="fake",
        input="天気は?",
        tools=[WEATHER],
        tool_choice="required",
        parallel_tool_calls=True,
        reasoning={"effort": "low"},
    )
    valid(response)
    thought, *calls = response.output
    assert isinstance(thought, ResponseReasoningItem)
    assert thought.content is not None
    assert thought.content[0].text == "調べよう"
    assert [call.arguments for call in calls if isinstance(call, ResponseFunctionToolCall)] == [
        '{"市":"東京"}',
        "{}",
    ]
    assert response.usage is not None
    assert response.usage.output_tokens_details.reasoning_tokens == 1
    request = backend.requests[0]
    assert request.tool_choice == ToolChoice("required")
    assert isinstance(request.prompt, ChatPrompt)
    assert request.prompt.reasoning_effort == "low"
    assert request.prompt.tools[0].strict

    answers: Any = [
        {"type": "function_call_output", "call_id": "call_a", "output": "晴れ"},
        {
            "type": "function_call_output",
            "call_id": "call_b",
            "output": [{"type": "input_text", "text": "雨"}],
        },
    ]
    called = Message(
        role="assistant",
        reasoning="調べよう",
        tool_calls=(
            ToolCall("call_a", "weather", '{"市":"東京"}'),
            ToolCall("call_b", "weather", "{}"),
        ),
    )
    results = tuple(
        Message(role="tool", content=(TextPart(text),), tool_call_id=call)
        for call, text in (("call_a", "晴れ"), ("call_b", "雨"))
    )
    wanted = (said("user", "天気は?"), called, *results)
    await api.responses.create(
        model="fake", input=answers, previous_response_id=response.id, tools=[WEATHER]
    )
    assert shown(backend) == wanted
    # The same without the store: everything is sent back as it came.
    everything: Any = [{"role": "user", "content": "天気は?"}, *response.output, *answers]
    await api.responses.create(model="fake", input=everything, tools=[WEATHER], store=False)
    assert shown(backend) == wanted

    with pytest.raises(openai.BadRequestError) as caught:
        await api.responses.create(
            model="fake", input=answers[:1], previous_response_id=response.id
        )
    assert caught.value.code == "tool_result_missing"
    assert "'function_call_output' with this call_id" in caught.value.message
    with pytest.raises(openai.BadRequestError) as caught:
        await api.responses.create(model="fake", input=answers)
    assert caught.value.code == "tool_result_unmatched"


async def test_a_reference_to_an_item(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    first = await api.responses.create(model="fake", input="一")
    items: Any = [{"id": first.output[0].id}, {"role": "user", "content": "二"}]
    await api.responses.create(model="fake", input=items)
    assert shown(backend) == (said("assistant", "東京です。"), said("user", "二"))
    with pytest.raises(openai.NotFoundError) as caught:
        await api.responses.create(model="fake", input=[{"type": "item_reference", "id": "msg_1"}])
    assert caught.value.param == "input.0"


async def test_structured_text(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    class City(BaseModel):
        市: str

    backend.play(*saying('{"市":"東京"}'))
    parsed = await api.responses.parse(model="fake", input="首都", text_format=City)
    assert parsed.output_parsed == City(市="東京")
    grammar = backend.requests[0].grammar
    assert grammar is not None
    assert grammar.kind == "json_schema"
    assert '"市"' in grammar.source
    await api.responses.create(model="fake", input="JSON", text={"format": {"type": "json_object"}})
    assert backend.requests[1].grammar == Grammar("json_object")


async def test_probabilities(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    token = TokenLogprob(1, "東".encode(), -0.5, ((1, "東".encode(), -0.5), (2, b"\xe4", -1.0)))
    half = TokenLogprob(3, b"\xe4\xba", -0.25)
    rest = TokenLogprob(4, b"\xac", -0.125)
    backend.play(
        Started(7, 0),
        Delta("東", (1,), logprobs=(token,)),
        Delta("", (3,), logprobs=(half,)),
        Delta("京", (4,), logprobs=(rest,)),
        done(3),
    )
    response = await api.responses.create(
        model="fake", input="首都", top_logprobs=2, include=["message.output_text.logprobs"]
    )
    valid(response)
    part = response.output[0].content[0]  # type: ignore[union-attr,index]
    assert [entry.bytes for entry in part.logprobs] == [  # type: ignore[union-attr]
        list("東".encode()),
        [0xE4, 0xBA],
        [0xAC],
    ]
    assert len(part.logprobs[0].top_logprobs) == 2  # type: ignore[union-attr,index]
    assert backend.requests[0].outputs.logprobs == 2


async def test_nothing_is_kept_of_what_shall_not_be(api: openai.AsyncOpenAI) -> None:
    response = await api.responses.create(model="fake", input="一", store=False)
    with pytest.raises(openai.NotFoundError):
        await api.responses.retrieve(response.id)


async def test_what_is_too_long_is_incomplete(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    backend.play(*saying("東京", reason="length"))
    response = await api.responses.create(model="fake", input="一", max_output_tokens=2)
    valid(response)
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    assert response.output[0].status == "incomplete"  # type: ignore[union-attr]


async def test_what_is_refused_leaves_nothing(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    first = await api.responses.create(model="fake", input="一")
    backend.play(JimaeError("queue_full", waiting=1, seconds=1, retry_after=1))
    with pytest.raises(openai.RateLimitError):
        await api.responses.create(model="fake", input="二", previous_response_id=first.id)
    with pytest.raises(openai.NotFoundError):
        await api.responses.create(model="nothing", input="二")
    # Deleting ends at what something goes on from: nothing does.
    await api.responses.delete(first.id)


async def test_an_error_in_the_middle_is_kept(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    backend.play(Started(7, 0), Delta("東", (1,)), died)
    with pytest.raises(openai.InternalServerError) as caught:
        await api.responses.create(model="fake", input="一")
    assert caught.value.code == "worker_died"


async def test_many_at_once(api: openai.AsyncOpenAI) -> None:
    async def chain() -> Response:
        first = await api.responses.create(model="fake", input="一")
        return await api.responses.create(model="fake", input="二", previous_response_id=first.id)

    ended = await asyncio.gather(*(chain() for _ in range(20)))
    assert {response.output_text for response in ended} == {"東京です。"}
    assert len({response.id for response in ended}) == 20


async def test_waiting_in_the_queue_is_told(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    backend.play(Queued(1, 2.0), *saying("はい"))
    response = await api.responses.create(model="fake", input="一")
    assert response.output_text == "はい"
