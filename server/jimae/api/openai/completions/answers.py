"""The shapes of what is sent back to a completion, as OpenAI's clients read them."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from jimae.api.openai.answers import Finish, UsageBody


class TextLogprobs(TypedDict):
    """Lists of one entry a token. The first token of a prompt has no probability."""

    tokens: list[str]
    token_logprobs: list[float | None]
    top_logprobs: list[dict[str, float] | None]
    text_offset: list[int]


class TextChoice(TypedDict):
    index: int
    text: str
    logprobs: TextLogprobs | None
    finish_reason: Finish | None


class Completion(TypedDict):
    """Also the chunk of a stream, where `usage` is there only if it was asked for: null until
    the last chunk."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[TextChoice]
    usage: NotRequired[UsageBody | None]
