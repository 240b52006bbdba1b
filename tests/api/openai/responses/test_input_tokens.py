"""Counting what a response's model would read, through the official client."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from fakes.backend import FakeBackend
from fakes.serving import Served

TOOL: Any = {"type": "function", "name": "weather", "parameters": {"type": "object"}}


async def test_what_is_counted_is_what_was_before_too(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    count = api.responses.input_tokens.count
    counted = await count(model="fake", input="一二", instructions="短く", tools=[TOOL])
    assert counted.to_dict() == {"object": "response.input_tokens", "input_tokens": 4}
    assert not backend.requests

    first = await api.responses.create(model="fake", input="一二", instructions="短く")
    further = await count(model="fake", input="三", previous_response_id=first.id)
    assert further.input_tokens == len("一二" + "東京です。" + "三")

    conversation = await api.conversations.create(
        items=[{"type": "message", "role": "user", "content": "覚えて"}]
    )
    within = await count(model="fake", input="三", conversation=conversation.id)
    assert within.input_tokens == len("覚えて三")
    kept = await api.conversations.items.list(conversation.id)
    assert len(kept.data) == 1
    assert len(backend.requests) == 1


async def test_tools_are_counted_as_they_are_shown(
    api: openai.AsyncOpenAI, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[int] = []
    real = backend.tokens_of

    async def tokens_of(prompt: Any) -> tuple[int, ...]:
        shown.append(len(prompt.tools))
        return await real(prompt)

    monkeypatch.setattr(backend, "tokens_of", tokens_of)
    for choice in ("auto", "required", "none"):
        await api.responses.input_tokens.count(
            model="fake",
            input="一",
            tools=[TOOL],
            tool_choice=choice,  # type: ignore[arg-type]
        )
    assert shown == [1, 1, 0]


async def test_what_cannot_be_asked_cannot_be_counted(
    api: openai.AsyncOpenAI, served: Served
) -> None:
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({}, 400, "input"),
        ({"input": "一", "personality": "friendly"}, 400, "personality"),
        ({"input": "一", "truncation": "auto"}, 400, "truncation"),
        ({"input": "一", "previous_response_id": "resp_x"}, 404, "previous_response_id"),
        ({"input": "一", "conversation": "conv_x"}, 404, "conversation"),
        ({"input": "一", "model": "nothing"}, 404, "model"),
    ]
    for body, status, param in refused:
        with pytest.raises(openai.APIStatusError) as caught:
            await api.responses.input_tokens.count(**{"model": "fake", **body})
        assert (caught.value.status_code, caught.value.param) == (status, param), body
