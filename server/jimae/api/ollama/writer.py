"""An answer as Ollama's lines, and as the one object that they add up to.

A call is told when it is whole. One whose arguments are no object, as where the
answer was cut short in it, is told as text: clients run what they are told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, Protocol

from jimae.api.answering import ended
from jimae.api.calls import whole_arguments
from jimae.api.ollama.answers import Call, Line, Logprob, MessageBody, TokenProbability
from jimae.api.openai.token_text import finite, token_text
from jimae.types import Delta, Done, TokenLogprob

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True)
class Said:
    """More of an answer."""

    text: str = ""
    thinking: str = ""
    calls: tuple[Call, ...] = ()
    logprobs: tuple[Logprob, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.thinking or self.calls or self.logprobs)

    def __add__(self, more: Said) -> Said:
        return Said(
            self.text + more.text,
            self.thinking + more.thinking,
            self.calls + more.calls,
            self.logprobs + more.logprobs,
        )


class Shape(Protocol):
    """Where a kind of answer has its text."""

    def __call__(self, said: Said) -> Line: ...


def chat(said: Said) -> Line:
    message: MessageBody = {"role": "assistant", "content": said.text}
    if said.thinking:
        message["thinking"] = said.thinking
    if said.calls:
        message["tool_calls"] = list(said.calls)
    return {"message": message}


def text(said: Said) -> Line:
    line: Line = {"response": said.text}
    if said.thinking:
        line["thinking"] = said.thinking
    return line


class LineWriter:
    """Writes one answer. `clock` gives nanoseconds."""

    def __init__(
        self, model: str, shape: Shape, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._model = model
        self._shape = shape
        self._clock = clock
        self._begun = clock()
        self._loaded: int | None = None
        self._calls = _Calls()

    def ready(self) -> None:
        """The model is loaded: what comes first from the engine says so."""
        if self._loaded is None:
            self._loaded = self._clock()

    def more(self, delta: Delta) -> Said:
        """What a delta adds. May be nothing."""
        calls, broken = self._calls.add(delta)
        return Said(
            text=broken + delta.text,
            thinking=delta.reasoning,
            calls=calls,
            logprobs=tuple(map(_logprob, delta.logprobs)),
        )

    def rest(self) -> Said:
        """What was still held back at the end."""
        calls, broken = self._calls.end()
        return Said(text=broken, calls=calls)

    def line(self, said: Said) -> Line:
        return {**self._head(said), "done": False}

    def last(self, said: Said, done: Done) -> Line:
        """The last line; with all that was said it is the whole answer."""
        reason: Literal["stop", "length"] = (
            "length" if ended(done).finish_reason == "length" else "stop"
        )
        return {
            **self._head(said),
            "done": True,
            "done_reason": reason,
            **self._figures(done),
        }

    def loaded(self) -> Line:
        """The answer to a request that wanted the model in memory."""
        return {**self._head(Said()), "done": True, "done_reason": "load"}

    def _head(self, said: Said) -> Line:
        line: Line = {
            "model": self._model,
            "created_at": datetime.now(UTC).isoformat(),
            **self._shape(said),
        }
        if said.logprobs:
            line["logprobs"] = list(said.logprobs)
        return line

    def _figures(self, done: Done) -> Line:
        loaded = self._begun if self._loaded is None else self._loaded
        return {
            "total_duration": self._clock() - self._begun,
            "load_duration": loaded - self._begun,
            "prompt_eval_count": done.usage.prompt_tokens,
            "prompt_eval_duration": round(done.timings.prefill * NANOSECONDS),
            "eval_count": done.usage.completion_tokens,
            "eval_duration": round(done.timings.decode * NANOSECONDS),
        }


@dataclass
class _Begun:
    """A call whose arguments are still coming."""

    index: int
    id: str
    name: str
    arguments: list[str] = field(default_factory=list)


class _Calls:
    """Puts calls together. One is whole when something else follows it."""

    def __init__(self) -> None:
        self._begun: _Begun | None = None

    def add(self, delta: Delta) -> tuple[tuple[Call, ...], str]:
        """Whole calls, and the text of those that are none."""
        found: list[tuple[tuple[Call, ...], str]] = []
        if delta.text or delta.reasoning:
            found.append(self.end())
        for call in delta.calls:
            if call.id is not None:
                found.append(self.end())
                self._begun = _Begun(call.index, call.id, call.name or "")
            if self._begun is not None:
                self._begun.arguments.append(call.arguments)
        return tuple(call for calls, _ in found for call in calls), "".join(
            broken for _, broken in found
        )

    def end(self) -> tuple[tuple[Call, ...], str]:
        begun, self._begun = self._begun, None
        if begun is None:
            return (), ""
        written = "".join(begun.arguments)
        arguments = whole_arguments(written or "{}")
        if arguments is None:
            return (), f"{begun.name}({written}"
        call: Call = {
            "id": begun.id,
            "function": {"index": begun.index, "name": begun.name, "arguments": arguments},
        }
        return (call,), ""


def _logprob(entry: TokenLogprob) -> Logprob:
    chosen = _probability(entry.piece, entry.logprob or 0.0)
    told: Logprob = {
        "token": chosen["token"],
        "logprob": chosen["logprob"],
        "bytes": chosen["bytes"],
    }
    if entry.top:
        told["top_logprobs"] = [_probability(piece, value) for _, piece, value in entry.top]
    return told


def _probability(piece: bytes, logprob: float) -> TokenProbability:
    return {"token": token_text(piece), "logprob": finite(logprob), "bytes": list(piece)}
