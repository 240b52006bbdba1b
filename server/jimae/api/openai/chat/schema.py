"""What a chat request may hold, beyond what every request to write may."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from jimae.api.openai.schema import Alternatives, Count, Generation, Name, Strict
from jimae.types import Role

MAX_MESSAGES = 4096
MAX_TOOLS = 256
MAX_CALLS = 256

FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class TextPart(Strict):
    """A part of a message. Other types are refused by name before this is read. Where a
    prompt's cache should break means nothing here."""

    type: Literal["text"]
    text: str
    prompt_cache_breakpoint: object = None


class RefusalPart(Strict):
    """What an assistant said when it refused."""

    type: Literal["refusal"]
    refusal: str


class CalledFunction(Strict):
    """`parsed_arguments` is what the client's helpers made of the arguments, and not read."""

    name: FunctionName
    arguments: str
    parsed_arguments: object = None


class ToolCall(Strict):
    """A call that an answer made. `index` is what clients keep that put it together from
    a stream."""

    id: Name
    type: Literal["function"] = "function"
    function: CalledFunction
    index: int | None = None


class ChatMessage(Strict):
    """A message. Many of its fields are there because clients send back an answer as it came,
    or as their helpers made it: `parsed` is what they read out of the content."""

    role: Role
    content: str | list[TextPart | RefusalPart] | None = None
    name: Name | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    parsed: object = None
    audio: None = None
    annotations: Annotated[list[None], Field(max_length=0)] | None = None
    tool_calls: Annotated[list[ToolCall], Field(max_length=MAX_CALLS)] | None = None
    tool_call_id: Name | None = None


class Function(Strict):
    """A function that may be called; `parameters` is a JSON Schema."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, object] | None = None
    strict: bool | None = None


class Tool(Strict):
    type: Literal["function"]
    function: Function


class FunctionRef(Strict):
    name: FunctionName


class NamedTool(Strict):
    """One function: it must be called, or it is among those that may be."""

    type: Literal["function"]
    function: FunctionRef


class AllowedTools(Strict):
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedTool], Field(min_length=1, max_length=MAX_TOOLS)]


class AllowedToolChoice(Strict):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoice = Literal["none", "auto", "required"] | NamedTool | AllowedToolChoice


class TextFormat(Strict):
    type: Literal["text"]


class JsonFormat(Strict):
    type: Literal["json_object"]


class NamedSchema(Strict):
    """`name` and `description` are for people here; the schema holds with `strict` and without."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    description: str | None = None
    schema_: Annotated[dict[str, object] | None, Field(alias="schema")] = None
    strict: bool | None = None


class SchemaFormat(Strict):
    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat = Annotated[TextFormat | JsonFormat | SchemaFormat, Field(discriminator="type")]


class Prediction(Strict):
    type: Literal["content"]
    content: str | list[TextPart]


class ChatRequest(Generation):
    """Body of POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    tools: list[Tool] = Field(default_factory=list, max_length=MAX_TOOLS)
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool = True
    response_format: ResponseFormat | None = None
    logprobs: bool = False
    top_logprobs: Alternatives | None = None
    prediction: Prediction | None = None
    reasoning_effort: Effort | None = None
    service_tier: Literal["auto", "default"] | None = None
    continue_final_message: bool = False
