"""Whole and streamed answers say the same, as the official client puts a stream together."""

from __future__ import annotations

from typing import Any

from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import Message, RawMessageStreamEvent
from hypothesis import given
from pydantic import TypeAdapter

from fakes.scripts import scripts
from jimae.api.anthropic.respond import whole
from jimae.api.anthropic.writer import MessageWriter
from jimae.types import Delta, Done, Started

EVENT: TypeAdapter[RawMessageStreamEvent] = TypeAdapter(RawMessageStreamEvent)


async def _items(script: list[Started | Delta | Done]) -> Any:
    for event in script:
        yield 0, event


@given(scripts())
async def test_whole_and_streamed_agree(script: list[Started | Delta | Done]) -> None:
    told = await whole(_items(script), MessageWriter("fake", 4096))
    message = Message.model_validate(told)
    snapshot: Any = None
    inputs: dict[int, bytes] = {}
    writer = MessageWriter("fake", 4096)
    for event in script:
        for sent in writer.events(event):
            snapshot = accumulate_event(
                event=EVENT.validate_python(sent), current_snapshot=snapshot, json_bufs=inputs
            )
    assert [block.to_dict() for block in snapshot.content] == [
        block.to_dict() for block in message.content
    ]
    assert (snapshot.stop_reason, snapshot.usage) == (message.stop_reason, message.usage)


@given(scripts())
def test_blocks_are_written_one_after_the_other(script: list[Started | Delta | Done]) -> None:
    writer = MessageWriter("fake", 4096)
    open_block = None
    begun = 0
    for event in script:
        for sent in writer.events(event):
            if sent["type"] == "content_block_start":
                assert open_block is None
                assert sent["index"] == begun
                open_block, begun = begun, begun + 1
            elif sent["type"] == "content_block_delta":
                assert sent["index"] == open_block
            elif sent["type"] == "content_block_stop":
                assert sent["index"] == open_block
                open_block = None
            else:
                assert open_block is None


@given(scripts())
async def test_nothing_that_was_written_is_lost(script: list[Started | Delta | Done]) -> None:
    told = await whole(_items(script), MessageWriter("fake", 4096))
    texts = {"text": "", "thinking": ""}
    for block in told["content"]:
        if block["type"] == "text":
            texts["text"] += block["text"]
        elif block["type"] == "thinking":
            texts["thinking"] += block["thinking"]
    deltas = [event for event in script if isinstance(event, Delta)]
    assert texts["text"] == "".join(delta.text for delta in deltas)
    assert texts["thinking"] == "".join(delta.reasoning for delta in deltas)
    begun = [call.id for delta in deltas for call in delta.calls if call.id is not None]
    assert [block["id"] for block in told["content"] if block["type"] == "tool_use"] == begun
