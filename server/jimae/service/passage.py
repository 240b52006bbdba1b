"""What a request for a text came to: counted and written down as its events pass."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jimae.service.audit.answers import Answer, Attachment, Ended
from jimae.service.texts import Given
from jimae.types import CallDelta, Delta, Done, Started, ToolCall, Usage


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A request: `each` sequences from each of what is given, numbered through, of which no
    more than `at_once` run or wait at a time.

    `parameters` are what it was asked with, and `attachments` the files in what was asked, for
    the record.
    """

    model: str
    given: tuple[Given, ...]
    each: int = 1
    at_once: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()

    @property
    def sequences(self) -> int:
        return len(self.given) * self.each


@dataclass
class Written:
    """One sequence as far as it has come."""

    text: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: dict[int, list[CallDelta]] = field(default_factory=dict)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    tokens: int = 0
    done: Done | None = None

    def answer(self) -> Answer:
        return Answer(
            text="".join(self.text),
            reasoning="".join(self.reasoning),
            tool_calls=tuple(map(_call, self.calls.values())),
            finish_reason=self.done.finish_reason if self.done else None,
        )

    def usage(self) -> Usage:
        """What it used, also where it was broken off: nobody reads along for nothing."""
        if self.done is not None:
            return self.done.usage
        return Usage(self.prompt_tokens, self.tokens, self.cached_tokens)


class Passage:
    """A request under way. `error` is the code of what ended it, `stopped` if its reader left."""

    def __init__(self, wanted: Wanted) -> None:
        self.error: str | None = None
        self.ended = False
        self._each = wanted.each
        self._written = [Written() for _ in range(wanted.sequences)]
        self._open = wanted.sequences
        self._began = time.monotonic()
        self._started: float | None = None

    @property
    def waited(self) -> float:
        """Seconds until a model began on it, or until now."""
        return (self._started or time.monotonic()) - self._began

    @property
    def is_whole(self) -> bool:
        """Whether every sequence has come to its end."""
        return self._open == 0

    def see(self, index: int, event: object) -> None:
        written = self._written[index]
        match event:
            case Started():
                self._started = self._started or time.monotonic()
                written.prompt_tokens = event.prompt_tokens
                written.cached_tokens = event.cached_tokens
            case Delta():
                written.text.append(event.text)
                written.reasoning.append(event.reasoning)
                written.tokens += len(event.token_ids)
                for call in event.calls:
                    written.calls.setdefault(call.index, []).append(call)
            case Done():
                written.done = event
                self._open -= 1

    def usage(self) -> Usage:
        """Of the whole request. A prompt counts once, however many sequences go on from it."""
        usages = [written.usage() for written in self._written]
        firsts = [usages[at : at + self._each] for at in range(0, len(usages), self._each)]
        return Usage(
            prompt_tokens=sum(_most(group, "prompt_tokens") for group in firsts),
            completion_tokens=sum(usage.completion_tokens for usage in usages),
            cached_tokens=sum(_most(group, "cached_tokens") for group in firsts),
        )

    def how_it_ended(self) -> Ended:
        return Ended(
            answers=[written.answer() for written in self._written],
            error=self.error,
            usage=self.usage(),
            waited=self.waited,
            total=time.monotonic() - self._began,
        )


def _most(usages: Sequence[Usage], name: str) -> int:
    most: int = max(getattr(usage, name) for usage in usages)
    return most


def _call(deltas: Sequence[CallDelta]) -> ToolCall:
    first = deltas[0]
    arguments = "".join(delta.arguments for delta in deltas)
    return ToolCall(first.id or "", first.name or "", arguments)
