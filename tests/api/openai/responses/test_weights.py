"""Responses on real weights: a chain reuses what was read, a form holds, a tool is called."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from api.openai.responses.valid import EVENT, valid
from fakes.serving import serving
from fakes.weights import MODELS, THREADS
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend

MODEL = "qwen2.5-coder-0.5b"
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "都市の天気を調べる",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "enum": ["東京", "大阪"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}

pytestmark = [pytest.mark.weights, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[openai.AsyncOpenAI]:
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "models").symlink_to(MODELS)
    chosen = {
        "data_dir": data_dir,
        "models.default": MODEL,
        "engine.kv_tokens": 8192,
        "engine.threads": THREADS,
    }
    settings = load(environ={}, overrides=chosen)
    http = httpx.AsyncClient(trust_env=False)
    async with (
        serving(settings, Service(settings, LocalBackend)) as served,
        openai.AsyncOpenAI(
            base_url=f"{served.url}/v1", api_key="unused", max_retries=0, http_client=http
        ) as client,
    ):
        yield client


async def test_a_chain_reuses_what_was_read(api: openai.AsyncOpenAI) -> None:
    first = await api.responses.create(
        model=MODEL, input="私の名前は花子です。" * 5, temperature=0, max_output_tokens=8
    )
    stream = await api.responses.create(
        model=MODEL,
        input="私の名前は何ですか?",
        previous_response_id=first.id,
        temperature=0,
        max_output_tokens=24,
        stream=True,
        include=["message.output_text.logprobs"],
    )
    events: list[Any] = [valid(event, EVENT) async for event in stream]
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    last = events[-1].response
    assert last.output_text == text
    assert "花子" in text
    assert last.usage.input_tokens_details.cached_tokens > first.usage.input_tokens / 2  # type: ignore[union-attr]
    probabilities = last.output[0].content[0].logprobs
    assert b"".join(bytes(one.bytes) for one in probabilities).decode().startswith(text)
    assert all(one.logprob <= 0 for one in probabilities)


async def test_a_form_holds(api: openai.AsyncOpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"首都": {"type": "string", "enum": ["東京", "京都"]}},
        "required": ["首都"],
        "additionalProperties": False,
    }
    response = await api.responses.create(
        model=MODEL,
        input="日本の首都は?",
        text={"format": {"type": "json_schema", "name": "city", "schema": schema}},
    )
    valid(response)
    assert json.loads(response.output_text)["首都"] in {"東京", "京都"}


async def test_a_tool_is_called_and_its_result_read(api: openai.AsyncOpenAI) -> None:
    asked = await api.responses.create(
        model=MODEL,
        input="東京の天気は?",
        tools=[WEATHER],
        tool_choice="required",
        temperature=0,
        max_output_tokens=64,
    )
    valid(asked)
    call: Any = asked.output[-1]
    assert (call.type, call.name) == ("function_call", "get_weather")
    assert json.loads(call.arguments)["city"] in {"東京", "大阪"}
    answer: Any = {
        "type": "function_call_output",
        "call_id": call.call_id,
        "output": '{"weather": "大雪"}',
    }
    told = await api.responses.create(
        model=MODEL,
        input=[answer],
        previous_response_id=asked.id,
        tools=[WEATHER],
        temperature=0,
        max_output_tokens=8,
    )
    valid(told)
    # What it makes of it is a matter of its size; that it read it all is ours.
    assert told.status in ("completed", "incomplete")
    assert told.usage is not None
    assert asked.usage is not None
    read = asked.usage.input_tokens + asked.usage.output_tokens
    assert told.usage.input_tokens > read
    assert told.usage.input_tokens_details.cached_tokens > asked.usage.input_tokens / 2


async def test_what_is_counted_is_what_is_read(api: openai.AsyncOpenAI) -> None:
    async def counted(choice: Any, **asked: Any) -> Any:
        asked |= {"model": MODEL, "tools": [WEATHER], "tool_choice": choice}
        told = await api.responses.input_tokens.count(**asked)
        response = await api.responses.create(**asked, max_output_tokens=16)
        assert response.usage is not None
        assert told.input_tokens == response.usage.input_tokens, choice
        return response

    first = await counted("none", input="私は花子です。<|im_start|>", instructions="短く")
    named = {"type": "function", "name": "get_weather"}
    await counted(named, input="東京の天気は?", previous_response_id=first.id)
    conversation = await api.conversations.create(
        items=[{"type": "message", "role": "user", "content": "大阪のことです。"}]
    )
    for choice in ("auto", "required"):
        await counted(choice, input="天気は?", conversation=conversation.id)
