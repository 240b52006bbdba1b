"""A fake model that answers by what it is asked, for clients that run as other programs."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from fakes.backend import PROMPT_TOKENS, FakeBackend, Step, done, saying
from fakes.weather import ARGUMENTS, calling
from jimae.errors import JimaeError
from jimae.types import (
    ChatPrompt,
    Delta,
    Embedded,
    GenerateRequest,
    PromptLogprobs,
    Started,
    TextPrompt,
    TokenLogprob,
)

VECTOR = struct.pack("<2f", 0.5, -0.5)


class Answering(FakeBackend):
    """Repeats what it was told last, in quotes; calls tools when asked of the weather; keeps to
    a form if there is one; breaks when told to. One character is one token."""

    def choose(self, request: GenerateRequest) -> Sequence[Step]:
        if request.outputs.embedding:
            return [Started(PROMPT_TOKENS, 0), Embedded(VECTOR), done(0)]
        last = _last(request)
        if request.grammar is not None:
            return saying(ARGUMENTS)
        if last == "こわれて":
            broken = JimaeError("worker_died", model=self.model, reason="signal 9")
            return [Started(PROMPT_TOKENS, 0), Delta("東", (1,)), broken]
        if last.startswith("天気"):
            return calling(*(["東京", "大阪"] if "二つ" in last else ["東京"]))
        return _told(last, request)


def _last(request: GenerateRequest) -> str:
    if isinstance(request.prompt, ChatPrompt):
        return "".join(part.text for part in request.prompt.messages[-1].content)
    assert isinstance(request.prompt, TextPrompt)
    return request.prompt.text


def _told(last: str, request: GenerateRequest) -> list[Step]:
    text = f"「{last}」"
    tokens = [TokenLogprob(ord(c), c.encode(), -0.5) for c in text]
    asked = request.outputs
    before = [
        TokenLogprob(ord(c), c.encode(), None if i == 0 else -1.0) for i, c in enumerate(last)
    ]
    return [
        Started(PROMPT_TOKENS, 0),
        *([PromptLogprobs(tuple(before))] if asked.prompt_logprobs is not None else []),
        *(
            Delta(
                character,
                (token.token,),
                logprobs=(token,) if asked.logprobs is not None else (),
            )
            for character, token in zip(text, tokens, strict=True)
        ),
        done(len(text)),
    ]
