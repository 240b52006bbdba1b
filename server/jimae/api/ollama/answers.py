"""The shapes of what is sent back, as Ollama's clients read them. Durations in nanoseconds."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict


class TokenProbability(TypedDict):
    token: str
    logprob: float
    bytes: list[int]


class Logprob(TokenProbability):
    top_logprobs: NotRequired[list[TokenProbability]]


class CalledFunction(TypedDict):
    index: int
    name: str
    arguments: dict[str, Any]


class Call(TypedDict):
    id: str
    function: CalledFunction


class MessageBody(TypedDict):
    role: Literal["assistant"]
    content: str
    thinking: NotRequired[str]
    tool_calls: NotRequired[list[Call]]


class Line(TypedDict, total=False):
    """A line of a stream, or the whole answer: `message` of a chat, `response` of a text. What
    follows `done_reason` is told at the end."""

    model: str
    created_at: str
    message: MessageBody
    response: str
    thinking: str
    logprobs: list[Logprob]
    done: bool
    done_reason: Literal["stop", "length", "load"]
    total_duration: int
    load_duration: int
    prompt_eval_count: int
    prompt_eval_duration: int
    eval_count: int
    eval_duration: int


class Details(TypedDict):
    parent_model: str
    format: Literal["gguf"]
    family: str
    families: list[str]
    parameter_size: str
    quantization_level: str


class ModelBody(TypedDict):
    """`digest` is empty for a file whose sum was not checked when it came."""

    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: Details


class ModelList(TypedDict):
    models: list[ModelBody]


class RunningBody(TypedDict):
    """A model in memory; without `expires_at` it stays."""

    name: str
    model: str
    size: int
    size_vram: int
    digest: str
    details: Details
    context_length: int
    expires_at: NotRequired[str]


class RunningList(TypedDict):
    models: list[RunningBody]


class Shown(TypedDict):
    modelfile: str
    parameters: str
    template: str
    license: str
    modified_at: str
    details: Details
    model_info: dict[str, Any]
    capabilities: list[str]


class Version(TypedDict):
    """`version` is that of Ollama whose API this is; `jimae` is ours."""

    version: str
    jimae: str


class StatusBody(TypedDict):
    status: str
