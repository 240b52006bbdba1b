"""The shapes of what is sent back to a chat, as OpenAI's clients read them."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from jimae.api.openai.answers import Finish, UsageBody


class Alternative(TypedDict):
    token: str
    bytes: list[int]
    logprob: float


class TokenBody(TypedDict):
    token: str
    bytes: list[int]
    logprob: float
    top_logprobs: list[Alternative]


class LogprobsBody(TypedDict):
    content: list[TokenBody]
    refusal: None


class FunctionBody(TypedDict):
    name: str
    arguments: str


class CallBody(TypedDict):
    id: str
    type: Literal["function"]
    function: FunctionBody


class ChatAnswerMessage(TypedDict):
    """`content` is null where there are only calls. `reasoning_content` is there for models
    that think: OpenAI has no field for it, and this is the name that others gave it."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[CallBody]]


class ChatChoice(TypedDict):
    index: int
    message: ChatAnswerMessage
    logprobs: LogprobsBody | None
    finish_reason: Finish


class ChatCompletion(TypedDict):
    """`service_tier` is there if the request had it."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: UsageBody
    service_tier: NotRequired[Literal["default"]]


class FunctionDelta(TypedDict):
    name: NotRequired[str]
    arguments: str


class CallDeltaBody(TypedDict):
    """The first of an `index` has id, type and name; the others have more arguments."""

    index: int
    id: NotRequired[str]
    type: NotRequired[Literal["function"]]
    function: FunctionDelta


class ChatDelta(TypedDict):
    role: NotRequired[Literal["assistant"]]
    content: NotRequired[str | None]
    reasoning_content: NotRequired[str]
    tool_calls: NotRequired[list[CallDeltaBody]]


class ChatChunkChoice(TypedDict):
    index: int
    delta: ChatDelta
    logprobs: LogprobsBody | None
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
    service_tier: NotRequired[Literal["default"]]
