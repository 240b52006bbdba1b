"""Chat answers on the wire: whole, or as the chunks of a stream."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from jimae.api.openai.answers import Finish, finish
from jimae.api.openai.chat.answers import (
    CallBody,
    ChatAnswerMessage,
    ChatChunk,
    ChatCompletion,
    ChatDelta,
    LogprobsBody,
    TokenBody,
)
from jimae.api.openai.chat.schema import ChatRequest
from jimae.api.openai.convert import usage_body
from jimae.api.openai.tally import Tally
from jimae.api.openai.token_text import finite, token_text
from jimae.api.openai.writer import FINGERPRINT, Written
from jimae.types import CallDelta, Delta, Done, PromptLogprobs, Started, TokenLogprob


@dataclass
class _Choice:
    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: dict[int, CallBody] = field(default_factory=dict)
    tokens: list[TokenBody] = field(default_factory=list)
    finish: Finish = "stop"


class ChatWriter:
    """Of one request. A choice of a stream begins with its role: at once, or together with
    its first call where there may be one, as OpenAI sends it."""

    def __init__(self, request: ChatRequest) -> None:
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._request = request
        self._begun: set[int] = set()
        self._choices = [_Choice() for _ in range(request.n)]

    # --- as a stream -------------------------------------------------------------

    def chunks(self, index: int, event: Written) -> Iterator[dict[str, Any]]:
        match event:
            case Started():
                if not self._request.tools:
                    yield from self._begin(index)
            case Delta():
                yield from self._delta(index, event)
            case Done():
                yield from self._begin(index)
                yield self._chunk(index, {}, finish(event.finish_reason))

    def _begin(self, index: int) -> Iterator[dict[str, Any]]:
        if index not in self._begun:
            self._begun.add(index)
            yield self._chunk(index, {"role": "assistant", "content": ""})

    def _delta(self, index: int, delta: Delta) -> Iterator[dict[str, Any]]:
        logprobs = self._logprobs(delta.logprobs)
        for part in _parts(delta, logprobs is not None and bool(delta.logprobs)):
            if "tool_calls" in part and index not in self._begun:
                self._begun.add(index)
                part = ChatDelta(role="assistant", content=None, **part)
            yield from self._begin(index)
            yield self._chunk(index, part, logprobs=logprobs)
            # The tokens belong to all parts together, and are told once.
            logprobs = None

    def usage(self, tally: Tally) -> ChatChunk:
        chunk = self._bare_chunk()
        chunk["usage"] = usage_body(tally.usage(), tally.reasoning_tokens)
        return chunk

    def _chunk(
        self,
        index: int,
        delta: ChatDelta,
        reason: Finish | None = None,
        logprobs: LogprobsBody | None = None,
    ) -> dict[str, Any]:
        chunk = self._bare_chunk()
        chunk["choices"].append(
            {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        )
        return cast("dict[str, Any]", chunk)

    def _bare_chunk(self) -> ChatChunk:
        chunk: ChatChunk = {
            "id": self._id,
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._request.model,
            "system_fingerprint": FINGERPRINT,
            "choices": [],
        }
        if self._request.service_tier is not None:
            chunk["service_tier"] = "default"
        return chunk

    # --- as a whole --------------------------------------------------------------

    def add(self, index: int, event: Written) -> None:
        choice = self._choices[index]
        match event:
            case Delta():
                choice.text.append(event.text)
                choice.reasoning.append(event.reasoning)
                choice.tokens += map(_token, event.logprobs)
                for call in event.calls:
                    _add_call(choice.calls, call)
            case Done():
                choice.finish = finish(event.finish_reason)
            case Started() | PromptLogprobs():
                pass

    def whole(self, tally: Tally) -> ChatCompletion:
        body: ChatCompletion = {
            "id": self._id,
            "object": "chat.completion",
            "created": self._created,
            "model": self._request.model,
            "system_fingerprint": FINGERPRINT,
            "choices": [
                {
                    "index": index,
                    "message": _message(choice),
                    "logprobs": {"content": choice.tokens, "refusal": None}
                    if self._request.logprobs
                    else None,
                    "finish_reason": choice.finish,
                }
                for index, choice in enumerate(self._choices)
            ],
            "usage": usage_body(tally.usage(), tally.reasoning_tokens),
        }
        if self._request.service_tier is not None:
            body["service_tier"] = "default"
        return body

    def _logprobs(self, tokens: Sequence[TokenLogprob]) -> LogprobsBody | None:
        if not self._request.logprobs or not tokens:
            return None
        return {"content": [_token(token) for token in tokens], "refusal": None}


def _parts(delta: Delta, has_logprobs: bool) -> Iterator[ChatDelta]:
    """A delta in the order in which a model writes, one part a chunk."""
    empty = True
    if delta.reasoning:
        empty = False
        yield {"reasoning_content": delta.reasoning}
    if delta.text:
        empty = False
        yield {"content": delta.text}
    for call in delta.calls:
        empty = False
        yield from _call_parts(call)
    if empty and has_logprobs:
        yield {"content": ""}


def _call_parts(call: CallDelta) -> Iterator[ChatDelta]:
    if call.id is not None:
        yield {
            "tool_calls": [
                {
                    "index": call.index,
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name or "", "arguments": ""},
                }
            ]
        }
    if call.arguments:
        yield {"tool_calls": [{"index": call.index, "function": {"arguments": call.arguments}}]}


def _add_call(calls: dict[int, CallBody], delta: CallDelta) -> None:
    call = calls.setdefault(
        delta.index,
        {
            "id": delta.id or "",
            "type": "function",
            "function": {"name": delta.name or "", "arguments": ""},
        },
    )
    call["function"]["arguments"] += delta.arguments


def _message(choice: _Choice) -> ChatAnswerMessage:
    text, reasoning = "".join(choice.text), "".join(choice.reasoning)
    message: ChatAnswerMessage = {
        "role": "assistant",
        "content": text or (None if choice.calls else ""),
        "refusal": None,
    }
    if reasoning:
        message["reasoning_content"] = reasoning
    if choice.calls:
        message["tool_calls"] = [choice.calls[index] for index in sorted(choice.calls)]
    return message


def _token(token: TokenLogprob) -> TokenBody:
    return {
        "token": token_text(token.piece),
        "bytes": list(token.piece),
        "logprob": finite(token.logprob or 0.0),
        "top_logprobs": [
            {"token": token_text(piece), "bytes": list(piece), "logprob": finite(logprob)}
            for _, piece, logprob in token.top
        ],
    }
