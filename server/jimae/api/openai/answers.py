"""The shapes of what is sent back, as OpenAI's clients read them."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

Finish = Literal["stop", "length"]


class PromptDetails(TypedDict):
    cached_tokens: int


class UsageBody(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails


class ChatAnswerMessage(TypedDict):
    role: Literal["assistant"]
    content: str
    refusal: None


class ChatChoice(TypedDict):
    index: int
    message: ChatAnswerMessage
    logprobs: None
    finish_reason: Finish


class ChatCompletion(TypedDict):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: UsageBody


class ChatDelta(TypedDict):
    role: NotRequired[Literal["assistant"]]
    content: NotRequired[str]


class ChatChunkChoice(TypedDict):
    index: int
    delta: ChatDelta
    logprobs: None
    finish_reason: Finish | None


class ChatChunk(TypedDict):
    """`usage` is there only if it was asked for: null until the last chunk."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChunkChoice]
    usage: NotRequired[UsageBody | None]


class TextChoice(TypedDict):
    index: int
    text: str
    logprobs: None
    finish_reason: Finish | None


class Completion(TypedDict):
    """Also the chunk of a stream, where `usage` is as in `ChatChunk`."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[TextChoice]
    usage: NotRequired[UsageBody | None]


class ModelBody(TypedDict):
    """`context` is ours: the tokens one request may hold, null until the model was loaded."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    context: int | None


class ModelList(TypedDict):
    object: Literal["list"]
    data: list[ModelBody]
