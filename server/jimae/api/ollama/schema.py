"""What a request may hold. Names and shapes are Ollama's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from jimae.api.openai.schema import (
    MAX_INT,
    MAX_STOPS,
    MAX_TOKEN,
    Alternatives,
    Count,
    ModelId,
    Number,
    Penalty,
    Stop,
    Strict,
)

MAX_MESSAGES = 4096
MAX_CALLS = 256
MAX_TOOLS = 256

Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Level = Literal["low", "medium", "high", "max"]


class CalledFunction(Strict):
    name: FunctionName
    arguments: dict[str, object]
    index: int | None = None


class Call(Strict):
    """A call that an answer made."""

    function: CalledFunction
    id: Id | None = None
    type: Literal["function"] | None = None


class ChatMessage(Strict):
    """A message; a tool's result names the tool, or the call."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    thinking: str | None = None
    images: None = None
    tool_calls: Annotated[list[Call], Field(max_length=MAX_CALLS)] | None = None
    tool_name: str | None = None
    tool_call_id: Id | None = None


class Function(Strict):
    name: FunctionName
    description: str | None = None
    parameters: dict[str, object] | None = None


class Tool(Strict):
    function: Function
    type: Literal["function"] | None = None


class Options(Strict):
    """How the answer is written; what only sets how a model is run is harmless."""

    num_ctx: Count | None = None
    num_predict: Annotated[int, Field(ge=-2, le=MAX_TOKEN)] | None = None
    temperature: Annotated[Number, Field(ge=0, le=10)] | None = None
    top_k: Annotated[int, Field(ge=0, le=MAX_TOKEN)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=-MAX_INT, le=MAX_INT)] | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=MAX_STOPS)] | None = None
    repeat_penalty: Annotated[Number, Field(gt=0, le=10)] | None = None
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    repeat_last_n: Annotated[int, Field(ge=-1, le=MAX_TOKEN)] | None = None


class EmbedOptions(Strict):
    """What of the options concerns vectors."""

    num_ctx: Count | None = None


class Writing(Strict):
    """What both endpoints that write take."""

    model: ModelId
    stream: bool = True
    format: Literal["", "json"] | dict[str, object] | None = None
    options: Options = Options()
    think: bool | Level | None = None
    logprobs: bool = False
    top_logprobs: Alternatives = 0
    keep_alive: str | float | None = None


class OllamaChatRequest(Writing):
    """Body of POST /api/chat. Without messages the model is loaded and nothing is written."""

    messages: Annotated[list[ChatMessage], Field(max_length=MAX_MESSAGES)] | None = None
    tools: Annotated[list[Tool], Field(max_length=MAX_TOOLS)] | None = None


class OllamaGenerateRequest(Writing):
    """Body of POST /api/generate. Without a prompt the model is loaded and nothing is written."""

    prompt: str = ""
    suffix: str = ""
    system: str = ""
    raw: bool = False


class ShowRequest(Strict):
    """Body of POST /api/show."""

    model: ModelId
    verbose: bool = False


class PullRequest(Strict):
    """Body of POST /api/pull, of which only a model that is here already is answered."""

    model: ModelId
    stream: bool = True
