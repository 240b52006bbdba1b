"""The official client against a real server: what it reads, and how it is told of errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import anthropic
import httpx2
import msgspec
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from anthropic.types.shared import ErrorResponse
from pydantic import BaseModel, TypeAdapter

from fakes.backend import FakeBackend, done, saying
from fakes.serving import Served
from jimae.errors import JimaeError
from jimae.types import CallDelta, ChatPrompt, Delta, Queued, Started, TextPart

MESSAGES: list[anthropic.types.MessageParam] = [{"role": "user", "content": "東京の天気は?"}]
TOOL: anthropic.types.ToolParam = {
    "name": "weather",
    "description": "天気を調べる",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}},
}
CALL = (
    Started(7, 3),
    Delta("", (1,), reasoning="調べ"),
    Delta("", (2,), reasoning="よう"),
    Delta("はい。", (3, 4)),
    Delta("", (5,), calls=(CallDelta(0, "toolu_1", "weather"),)),
    Delta("", (6,), calls=(CallDelta(0, arguments='{"city": '),)),
    Delta("", (7,), calls=(CallDelta(0, arguments='"東京"}'),)),
    Delta("", (8,), calls=(CallDelta(1, "toolu_2", "weather", "{}"),)),
    done(8, "tool_calls", cached=3),
)
EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


@pytest.fixture
async def api(served: Served) -> AsyncIterator[anthropic.AsyncAnthropic]:
    # Not through a proxy that the environment may name.
    http = httpx2.AsyncClient(trust_env=False)
    async with anthropic.AsyncAnthropic(
        base_url=served.url, api_key="unused", max_retries=0, http_client=http
    ) as client:
        yield client


async def test_message(api: anthropic.AsyncAnthropic, backend: FakeBackend) -> None:
    message = await api.messages.create(
        model="fake",
        max_tokens=64,
        system="短く",
        messages=MESSAGES,
        extra_body={"temperature": 0},
        metadata={"user_id": "keiri"},
    )
    TypeAdapter(Message).validate_python(message.to_dict(mode="python"), strict=False)
    assert message.id.startswith("msg_")
    assert message._request_id is not None
    assert [block.type for block in message.content] == ["text"]
    assert message.content[0].text == "東京です。"  # type: ignore[union-attr]
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    assert (message.usage.input_tokens, message.usage.output_tokens) == (7, 5)
    (request,) = backend.requests
    assert isinstance(request.prompt, ChatPrompt)
    assert [one.role for one in request.prompt.messages] == ["system", "user"]
    assert (request.max_tokens, request.fit) == (64, True)
    assert request.principal.id == "local/keiri"


async def test_calls_whole_and_streamed(
    api: anthropic.AsyncAnthropic, backend: FakeBackend
) -> None:
    backend.play(*CALL)
    backend.play(Queued(2, 12.0), *CALL)
    asked = {"model": "fake", "max_tokens": 64, "messages": MESSAGES, "tools": [TOOL]}
    whole = await api.messages.create(**asked)  # type: ignore[call-overload]
    async with api.messages.stream(**asked) as stream:  # type: ignore[arg-type]
        streamed = await stream.get_final_message()
    for message in (whole, streamed):
        assert [block.type for block in message.content] == [
            "thinking",
            "text",
            "tool_use",
            "tool_use",
        ]
        thinking, text, first, second = message.content
        assert (thinking.thinking, thinking.signature) == ("調べよう", "")
        assert text.text == "はい。"
        assert (first.id, first.name, first.input) == ("toolu_1", "weather", {"city": "東京"})
        assert second.input == {}
        assert message.stop_reason == "tool_use"
        usage = message.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (4, 3, 8)
        assert usage.output_tokens_details.thinking_tokens == 2


async def test_order_of_events(served: Served, backend: FakeBackend) -> None:
    backend.play(*CALL)
    asked = {"model": "fake", "max_tokens": 64, "messages": MESSAGES, "stream": True}
    async with httpx2.AsyncClient(trust_env=False) as http:
        response = await http.post(f"{served.url}/v1/messages", json=asked)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["request-id"].startswith("req_")
    named = [line[7:] for line in response.text.splitlines() if line.startswith("event: ")]
    told = [json.loads(line[6:]) for line in response.text.splitlines() if line[:6] == "data: "]
    assert named == [event["type"] for event in told]
    for event in told:
        EVENT.validate_python(event)
    start, more, stop = "content_block_start", "content_block_delta", "content_block_stop"
    assert named == [
        "message_start",
        *(start, more, more, more, stop),
        *(start, more, stop),
        *(start, more, more, stop),
        *(start, more, stop),
        "message_delta",
        "message_stop",
    ]
    assert [event["index"] for event in told if event["type"] == start] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("end", "reason", "stop"),
    [
        (done(1, "stop"), "end_turn", None),
        (done(64, "length"), "max_tokens", None),
        (done(9, "length"), "model_context_window_exceeded", None),
    ],
)
async def test_why_it_ended(
    api: anthropic.AsyncAnthropic, backend: FakeBackend, end: object, reason: str, stop: str | None
) -> None:
    backend.play(Started(7, 0), Delta("あ", (1,)), end)  # type: ignore[arg-type]
    message = await api.messages.create(model="fake", max_tokens=64, messages=MESSAGES)
    assert (message.stop_reason, message.stop_sequence) == (reason, stop)


async def test_stop_sequence_is_told(api: anthropic.AsyncAnthropic, backend: FakeBackend) -> None:
    end = msgspec.structs.replace(done(1), stop_string="。")
    backend.play(Started(7, 0), Delta("あ", (1,)), end)
    message = await api.messages.create(
        model="fake", max_tokens=64, messages=MESSAGES, stop_sequences=["。"]
    )
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "。")
    assert backend.requests[0].stop == ("。",)


async def test_a_call_that_is_cut_short(
    api: anthropic.AsyncAnthropic, backend: FakeBackend
) -> None:
    script = (
        Started(7, 0),
        Delta("", (1,), calls=(CallDelta(0, "toolu_1", "weather", '{"a": 1, "city": "東'),)),
        done(64, "length"),
    )
    backend.play(*script)
    backend.play(*script)
    asked = {"model": "fake", "max_tokens": 64, "messages": MESSAGES, "tools": [TOOL]}
    whole = await api.messages.create(**asked)  # type: ignore[call-overload]
    async with api.messages.stream(**asked) as stream:  # type: ignore[arg-type]
        streamed = await stream.get_final_message()
    assert whole.content[0].input == streamed.content[0].input == {"a": 1}  # type: ignore[union-attr]
    assert whole.stop_reason == streamed.stop_reason == "max_tokens"


async def test_count_tokens(api: anthropic.AsyncAnthropic, backend: FakeBackend) -> None:
    count = await api.messages.count_tokens(
        model="fake", system="短く", messages=MESSAGES, tools=[TOOL], thinking={"type": "disabled"}
    )
    assert count.input_tokens == len("短く") + len("東京の天気は?")
    assert not backend.requests


async def test_parse(api: anthropic.AsyncAnthropic, backend: FakeBackend) -> None:
    class City(BaseModel):
        name: str

    backend.play(*saying('{"name": "東京"}'))
    parsed = await api.messages.parse(
        model="fake", max_tokens=64, messages=MESSAGES, output_format=City
    )
    assert parsed.parsed_output == City(name="東京")
    grammar = backend.requests[0].grammar
    assert grammar is not None
    assert grammar.kind == "json_schema"
    assert json.loads(grammar.source)["required"] == ["name"]


async def test_an_answer_can_be_sent_back(
    api: anthropic.AsyncAnthropic, backend: FakeBackend
) -> None:
    backend.play(*CALL)
    asked = {"model": "fake", "max_tokens": 64, "tools": [TOOL]}
    message = await api.messages.create(messages=MESSAGES, **asked)  # type: ignore[call-overload]
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "晴れ"}
        for block in message.content
        if block.type == "tool_use"
    ]
    later = [*MESSAGES, message.to_param(), {"role": "user", "content": results}]
    await api.messages.create(messages=later, **asked)  # type: ignore[call-overload]
    prompt = backend.requests[1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert [one.role for one in prompt.messages] == ["user", "assistant", "tool", "tool"]
    assert prompt.messages[1].reasoning == "調べよう"
    assert [call.id for call in prompt.messages[1].tool_calls] == ["toolu_1", "toolu_2"]


async def test_the_client_runs_tools(api: anthropic.AsyncAnthropic, backend: FakeBackend) -> None:
    """Its runner asks for a thread first, and goes on with the whole conversation."""

    @anthropic.beta_async_tool
    async def weather(city: str = "") -> str:
        """The weather of a city."""
        return f"{city}は晴れ"

    backend.play(*CALL)
    asked: anthropic.types.beta.BetaMessageParam = {"role": "user", "content": "天気は?"}
    runner = api.beta.messages.tool_runner(
        model="fake", max_tokens=64, messages=[asked], tools=[weather]
    )
    final = await runner.until_done()
    assert [block.type for block in final.content] == ["text"]
    prompt = backend.requests[1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert [message.role for message in prompt.messages] == ["user", "assistant", "tool", "tool"]
    assert prompt.messages[2].content == (TextPart("東京は晴れ"),)


async def test_a_null_is_the_same_as_not_sending(
    api: anthropic.AsyncAnthropic, backend: FakeBackend
) -> None:
    thought = {"type": "thinking", "thinking": "では", "signature": None}
    use = {"type": "tool_use", "id": "a", "name": "weather", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": None, "is_error": None}
    await api.messages.create(
        model="fake",
        max_tokens=64,
        messages=[
            *MESSAGES,
            {"role": "assistant", "content": [thought, use]},  # type: ignore[list-item]
            {"role": "user", "content": [result]},  # type: ignore[list-item]
        ],
        tools=[{**TOOL, "description": None}],  # type: ignore[typeddict-item]
    )
    prompt = backend.requests[0].prompt
    assert isinstance(prompt, ChatPrompt)
    assert prompt.messages[2].content == (TextPart(""),)
    assert prompt.tools[0].description == ""


async def test_errors_have_their_classes(
    api: anthropic.AsyncAnthropic, backend: FakeBackend
) -> None:
    create = api.messages.create
    with pytest.raises(anthropic.BadRequestError) as caught:
        await create(model="fake", max_tokens=1, messages=MESSAGES, extra_body={"temperature": 2})
    assert caught.value.type == "invalid_request_error"
    assert caught.value.error_code == "out_of_range"
    TypeAdapter(ErrorResponse).validate_python(caught.value.body)
    with pytest.raises(anthropic.NotFoundError) as missing:
        await create(model="claude", max_tokens=1, messages=MESSAGES)
    assert missing.value.type == "not_found_error"
    assert missing.value.request_id == missing.value.body["request_id"]  # type: ignore[index]
    backend.play(JimaeError("queue_full", waiting=1, seconds=1, retry_after=1))
    with pytest.raises(anthropic.RateLimitError):
        await create(model="fake", max_tokens=1, messages=MESSAGES)
    backend.play(JimaeError("model_loading", model="fake"))
    with pytest.raises(anthropic.OverloadedError) as busy:
        await create(model="fake", max_tokens=1, messages=MESSAGES)
    assert busy.value.type == "overloaded_error"
    backend.play(RuntimeError("secret"))
    with pytest.raises(anthropic.InternalServerError) as broken:
        await create(model="fake", max_tokens=1, messages=MESSAGES)
    assert broken.value.type == "api_error"
    assert "secret" not in str(broken.value)


async def test_error_in_the_middle_of_a_stream_is_raised(
    api: anthropic.AsyncAnthropic, backend: FakeBackend
) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    backend.play(Started(7, 0), Delta("東", (1,)), died)
    with pytest.raises(anthropic.APIStatusError, match="ended unexpectedly") as caught:
        async with api.messages.stream(model="fake", max_tokens=9, messages=MESSAGES) as stream:
            await stream.get_final_message()
    assert caught.value.error_code == "worker_died"


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/v1/messages", 405, "invalid_request_error"),
        ("POST", "/v1/messages/nothing", 404, "not_found_error"),
        ("POST", "/v1/messages", 415, "invalid_request_error"),
    ],
)
async def test_what_no_route_takes_has_the_envelope_too(
    served: Served, method: str, path: str, status: int, kind: str
) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        response = await http.request(method, served.url + path)
    assert response.status_code == status
    body = response.json()
    TypeAdapter(ErrorResponse).validate_python(body)
    assert body["error"]["type"] == kind
    assert body["request_id"] == response.headers["request-id"]
