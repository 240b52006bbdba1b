"""Whole and streamed answers say the same."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from ollama import ChatResponse

from fakes.scripts import scripts
from jimae.api.ollama.respond import lined, whole
from jimae.api.ollama.writer import LineWriter, chat
from jimae.types import CallDelta, Delta, Done, Started


async def _items(script: list[Started | Delta | Done]) -> Any:
    for event in script:
        yield 0, event


def _writer() -> LineWriter:
    return LineWriter("fake", chat, clock=lambda: 0)


@given(scripts())
async def test_whole_and_streamed_agree(script: list[Started | Delta | Done]) -> None:
    one: Any = await whole(_items(script), _writer())
    lines: list[Any] = [line async for line in lined(_items(script), _writer(), "en")]
    for line in (one, *lines):
        ChatResponse.model_validate(line)
    assert [line["done"] for line in lines] == [False] * (len(lines) - 1) + [True]
    messages = [line["message"] for line in lines]
    assert one["message"]["content"] == "".join(message["content"] for message in messages)
    assert one["message"].get("thinking", "") == "".join(
        message.get("thinking", "") for message in messages
    )
    assert one["message"].get("tool_calls", []) == [
        call for message in messages for call in message.get("tool_calls", [])
    ]
    for name in ("done_reason", "prompt_eval_count", "eval_count", "total_duration"):
        assert one[name] == lines[-1][name]


@given(scripts())
async def test_calls_are_whole_or_text(script: list[Started | Delta | Done]) -> None:
    one: Any = await whole(_items(script), _writer())
    written: dict[int, list[CallDelta]] = {}
    for event in script:
        for call in event.calls if isinstance(event, Delta) else ():
            written.setdefault(call.index, []).append(call)
    told = {call["function"]["index"]: call for call in one["message"].get("tool_calls", [])}
    for index, deltas in written.items():
        arguments = "".join(delta.arguments for delta in deltas)
        if index in told:
            assert told[index]["id"] == deltas[0].id
            assert told[index]["function"]["arguments"] == json.loads(arguments or "{}")
        else:
            assert arguments in one["message"]["content"]
