"""Completions on the wire: whole, or as the chunks of a stream."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from jimae.api.openai.answers import Finish, finish
from jimae.api.openai.completions.answers import Completion, TextChoice, TextLogprobs
from jimae.api.openai.completions.logprobs import Offsets, add, add_end, empty
from jimae.api.openai.completions.schema import CompletionRequest
from jimae.api.openai.convert import usage_body
from jimae.api.openai.tally import Tally
from jimae.api.openai.writer import FINGERPRINT, Written
from jimae.types import Delta, Done, PromptLogprobs, Started, TokenLogprob


@dataclass
class _Choice:
    """One answer: what was written so far, and how far its tokens reach into the text."""

    prompt: str
    offsets: Offsets
    text: list[str] = field(default_factory=list)
    logprobs: TextLogprobs = field(default_factory=empty)
    prompt_tokens: list[TokenLogprob] = field(default_factory=list)
    read: bool = False
    wrote: bool = False
    finish: Finish | None = None


class CompletionWriter:
    """Of one request. `prompts` has a text for each prompt that is to be echoed, else it is
    empty; answers are numbered prompt by prompt."""

    def __init__(self, request: CompletionRequest, choices: int) -> None:
        self._id = f"cmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._request = request
        self._choices = [_Choice("", Offsets()) for _ in range(choices)]

    def echo(self, prompts: Sequence[str]) -> None:
        """Begin every answer with its prompt. Before the first event."""
        for index, choice in enumerate(self._choices):
            choice.prompt = prompts[index // self._request.n]
            choice.text.append(choice.prompt)

    # --- as a stream -------------------------------------------------------------

    def chunks(self, index: int, event: Written) -> Iterator[dict[str, Any]]:
        choice = self._choices[index]
        self.add(index, event)
        text, tokens = "".join(choice.text), choice.logprobs
        if text or tokens["tokens"] or choice.finish:
            choice.text, choice.logprobs = [], empty()
            yield cast(
                "dict[str, Any]", self._body([self._choice(index, text, tokens, choice.finish)])
            )

    def usage(self, tally: Tally) -> Completion:
        body = self._body([])
        body["usage"] = usage_body(tally.usage())
        return body

    # --- as a whole --------------------------------------------------------------

    def add(self, index: int, event: Written) -> None:
        choice = self._choices[index]
        match event:
            case PromptLogprobs():
                choice.prompt_tokens += event.tokens
            case Delta():
                self._read(choice)
                choice.text.append(event.text)
                self._tokens(choice, event.logprobs)
            case Done():
                self._read(choice)
                choice.finish = finish(event.finish_reason)
                self._end(choice)
            case Started():
                pass

    def whole(self, tally: Tally) -> Completion:
        body = self._body(
            [
                self._choice(index, "".join(choice.text), choice.logprobs, choice.finish)
                for index, choice in enumerate(self._choices)
            ]
        )
        body["usage"] = usage_body(tally.usage())
        return body

    def _read(self, choice: _Choice) -> None:
        """The prompt's tokens, when all are known: there may be one before its text."""
        if choice.read:
            return
        choice.read = True
        whole = b"".join(token.piece for token in choice.prompt_tokens).decode(errors="replace")
        before = len(whole) - len(choice.prompt) if choice.prompt_tokens else 0
        choice.offsets = Offsets(-before if choice.prompt_tokens else len(choice.prompt))
        add(choice.logprobs, choice.prompt_tokens, choice.offsets)

    def _tokens(self, choice: _Choice, tokens: Iterable[TokenLogprob]) -> None:
        if self._request.logprobs is not None:
            for token in tokens:
                choice.wrote = True
                add(choice.logprobs, (token,), choice.offsets)

    def _end(self, choice: _Choice) -> None:
        asked = self._request
        if asked.echo and asked.logprobs is not None and asked.max_tokens != 0 and not choice.wrote:
            add_end(choice.logprobs, choice.offsets)

    def _choice(
        self, index: int, text: str, tokens: TextLogprobs, reason: Finish | None
    ) -> TextChoice:
        return {
            "index": index,
            "text": text,
            "logprobs": None if self._request.logprobs is None else tokens,
            "finish_reason": reason,
        }

    def _body(self, choices: list[TextChoice]) -> Completion:
        return {
            "id": self._id,
            "object": "text_completion",
            "created": self._created,
            "model": self._request.model,
            "system_fingerprint": FINGERPRINT,
            "choices": choices,
        }
