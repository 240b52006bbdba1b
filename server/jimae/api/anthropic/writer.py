"""An answer as Anthropic's stream of blocks, and as the message that they add up to.

    message_start
      content_block_start  content_block_delta…  content_block_stop     thinking
      content_block_start  content_block_delta…  content_block_stop     text
      content_block_start  content_block_delta…  content_block_stop     tool_use, one for each call
    message_delta  message_stop

The whole message is folded from the same events, so the two cannot say different things.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from jimae.api.answering import ended
from jimae.api.anthropic.answers import (
    Block,
    Change,
    Message,
    StopReason,
    StreamEvent,
    UsageBody,
)
from jimae.api.calls import partial_arguments
from jimae.api.openai.tally import Tally
from jimae.types import CallDelta, Delta, Done, Started, Usage

# Nothing here signs what a model thinks, and nothing checks it.
UNSIGNED: Final = ""


class _Open(NamedTuple):
    """The block that is being written. `call` is the number of the call in it."""

    kind: Literal["thinking", "text", "tool_use"]
    call: int | None = None


class MessageWriter:
    """Writes one message. `max_tokens` is what was asked for: an answer that ends before it for
    want of room has filled the context."""

    def __init__(self, model: str, max_tokens: int) -> None:
        self._id = f"msg_{uuid.uuid4().hex}"
        self._model = model
        self._max_tokens = max_tokens
        self._index = -1
        self._open: _Open | None = None
        self._called = False
        self._tally = Tally()

    def events(self, event: Started | Delta | Done) -> Iterator[StreamEvent]:
        """What an event of the engine is told as."""
        self._tally.add(0, event)
        match event:
            case Started():
                yield {"type": "message_start", "message": self._begun(event)}
            case Delta():
                yield from self._delta(event)
            case Done():
                yield from self._stop()
                reason = self._reason(ended(event))
                yield {
                    "type": "message_delta",
                    "delta": {"stop_reason": reason, "stop_sequence": event.stop_string},
                    "usage": self._usage(event.usage),
                }
                yield {"type": "message_stop"}

    def _delta(self, delta: Delta) -> Iterator[StreamEvent]:
        if delta.reasoning:
            thinking: Block = {"type": "thinking", "thinking": "", "signature": UNSIGNED}
            yield from self._begin(_Open("thinking"), thinking)
            yield self._more({"type": "thinking_delta", "thinking": delta.reasoning})
        if delta.text:
            yield from self._begin(_Open("text"), {"type": "text", "text": ""})
            yield self._more({"type": "text_delta", "text": delta.text})
        for call in delta.calls:
            yield from self._call(call)

    def _call(self, call: CallDelta) -> Iterator[StreamEvent]:
        if call.id is not None:
            self._called = True
            block: Block = {"type": "tool_use", "id": call.id, "name": call.name or "", "input": {}}
            yield from self._begin(_Open("tool_use", call.index), block)
        if call.arguments:
            yield self._more({"type": "input_json_delta", "partial_json": call.arguments})

    def _begin(self, opened: _Open, block: Block) -> Iterator[StreamEvent]:
        """Open a block, unless it is open already."""
        if self._open == opened:
            return
        yield from self._stop()
        self._open = opened
        self._index += 1
        yield {"type": "content_block_start", "index": self._index, "content_block": block}

    def _more(self, change: Change) -> StreamEvent:
        return {"type": "content_block_delta", "index": self._index, "delta": change}

    def _stop(self) -> Iterator[StreamEvent]:
        if self._open is None:
            return
        if self._open.kind == "thinking":
            yield self._more({"type": "signature_delta", "signature": UNSIGNED})
        yield {"type": "content_block_stop", "index": self._index}
        self._open = None

    def _begun(self, started: Started) -> Message:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self._usage(Usage(started.prompt_tokens, 0, started.cached_tokens)),
        }

    def _reason(self, done: Done) -> StopReason:
        if done.finish_reason == "length":
            full = done.usage.completion_tokens < self._max_tokens
            return "model_context_window_exceeded" if full else "max_tokens"
        if done.stop_string is not None:
            return "stop_sequence"
        return "tool_use" if self._called else "end_turn"

    def _usage(self, usage: Usage) -> UsageBody:
        return {
            "input_tokens": usage.prompt_tokens - usage.cached_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": usage.cached_tokens,
            "output_tokens": usage.completion_tokens,
            "output_tokens_details": {"thinking_tokens": self._tally.reasoning_tokens},
        }


class Folded:
    """The message that the events of a stream add up to."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._inputs: dict[int, str] = {}

    @property
    def message(self) -> Message:
        """The message so far: there is one from its first event on."""
        (message,) = self._messages
        return message

    def add(self, event: StreamEvent) -> None:
        if event["type"] == "message_start":
            self._messages.append(event["message"])
        elif event["type"] == "content_block_start":
            self.message["content"].append(event["content_block"])
        elif event["type"] == "content_block_delta":
            self._change(event["index"], event["delta"])
        elif event["type"] == "content_block_stop":
            self._close(event["index"])
        elif event["type"] == "message_delta":
            self.message["stop_reason"] = event["delta"]["stop_reason"]
            self.message["stop_sequence"] = event["delta"]["stop_sequence"]
            self.message["usage"] = event["usage"]

    def _change(self, index: int, change: Change) -> None:
        block = self.message["content"][index]
        if change["type"] == "text_delta" and block["type"] == "text":
            block["text"] += change["text"]
        elif change["type"] == "thinking_delta" and block["type"] == "thinking":
            block["thinking"] += change["thinking"]
        elif change["type"] == "input_json_delta":
            self._inputs[index] = self._inputs.get(index, "") + change["partial_json"]

    def _close(self, index: int) -> None:
        block = self.message["content"][index]
        if block["type"] == "tool_use" and index in self._inputs:
            # Where the answer was cut short they are not whole, and stop_reason says so.
            block["input"] = partial_arguments(self._inputs[index])
