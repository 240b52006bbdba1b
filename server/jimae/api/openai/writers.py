"""What one answer looks like on the wire: whole, or as the chunks of a stream."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import jimae
from jimae.api.openai.answers import (
    ChatChunk,
    ChatCompletion,
    ChatDelta,
    Completion,
    Finish,
    UsageBody,
)

FINGERPRINT = f"jimae-{jimae.__version__}"

Chunk = ChatChunk | Completion
Whole = ChatCompletion | Completion


class Written(NamedTuple):
    """One finished choice."""

    text: str
    finish: Finish


class Writer(Protocol):
    """Builds the bodies of one response; all share its id and time."""

    def begin(self, index: int) -> Chunk | None:
        """What a choice starts with, if anything."""
        ...

    def text(self, index: int, text: str) -> Chunk: ...

    def finish(self, index: int, reason: Finish) -> Chunk: ...

    def usage(self, usage: UsageBody) -> Chunk: ...

    def whole(self, choices: Sequence[Written], usage: UsageBody) -> Whole: ...


class ChatWriter:
    def __init__(self, model: str) -> None:
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._model = model

    def begin(self, index: int) -> ChatChunk:
        return self._chunk(index, {"role": "assistant", "content": ""}, None)

    def text(self, index: int, text: str) -> ChatChunk:
        return self._chunk(index, {"content": text}, None)

    def finish(self, index: int, reason: Finish) -> ChatChunk:
        return self._chunk(index, {}, reason)

    def usage(self, usage: UsageBody) -> ChatChunk:
        chunk = self._chunk(0, {}, None)
        chunk["choices"] = []
        chunk["usage"] = usage
        return chunk

    def whole(self, choices: Sequence[Written], usage: UsageBody) -> ChatCompletion:
        return {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._model,
            "system_fingerprint": FINGERPRINT,
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": choice.text, "refusal": None},
                    "logprobs": None,
                    "finish_reason": choice.finish,
                }
                for index, choice in enumerate(choices)
            ],
            "usage": usage,
        }

    def _chunk(self, index: int, delta: ChatDelta, finish: Finish | None) -> ChatChunk:
        return {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "system_fingerprint": FINGERPRINT,
            "choices": [
                {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
            ],
        }


class CompletionWriter:
    def __init__(self, model: str) -> None:
        self._id = f"cmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._model = model

    def begin(self, index: int) -> None:
        return None

    def text(self, index: int, text: str) -> Completion:
        return self._body([(index, text, None)])

    def finish(self, index: int, reason: Finish) -> Completion:
        return self._body([(index, "", reason)])

    def usage(self, usage: UsageBody) -> Completion:
        body = self._body([])
        body["usage"] = usage
        return body

    def whole(self, choices: Sequence[Written], usage: UsageBody) -> Completion:
        body = self._body([(i, choice.text, choice.finish) for i, choice in enumerate(choices)])
        body["usage"] = usage
        return body

    def _body(self, choices: Sequence[tuple[int, str, Finish | None]]) -> Completion:
        return {
            "id": self._id,
            "object": "text_completion",
            "created": self._created,
            "model": self._model,
            "system_fingerprint": FINGERPRINT,
            "choices": [
                {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
                for index, text, finish in choices
            ],
        }
