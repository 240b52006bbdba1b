"""What a request may hold. Names, shapes and bounds are Anthropic's.

`cache_control` may stand on every block: prompts that begin alike share memory without it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from jimae.api.openai.schema import MAX_STOPS, MAX_TOKEN, Count, ModelId, Number, Stop, Strict

MAX_MESSAGES = 4096
MAX_BLOCKS = 4096
MAX_TOOLS = 256
MAX_USER_CHARACTERS = 512
LEAST_BUDGET = 1024

Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
ToolName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
Effort = Literal["low", "medium", "high", "xhigh", "max"]


class TextBlock(Strict):
    """`citations` is what clients send back from an answer, where it is null."""

    type: Literal["text"]
    text: str
    citations: Annotated[list[None], Field(max_length=0)] | None = None
    cache_control: object = None


class ThinkingBlock(Strict):
    """What a model thought in an answer. The signature is not checked: nothing here signs."""

    type: Literal["thinking"]
    thinking: str
    signature: str | None = None


class DirectCaller(Strict):
    type: Literal["direct"]


class ToolUseBlock(Strict):
    type: Literal["tool_use"]
    id: Id
    name: ToolName
    input: dict[str, object]
    caller: DirectCaller | None = None
    toolset_name: None = None
    cache_control: object = None


class ToolResultBlock(Strict):
    type: Literal["tool_result"]
    tool_use_id: Id
    content: str | Annotated[list[TextBlock], Field(max_length=MAX_BLOCKS)] | None = None
    is_error: bool | None = None
    toolset_name: None = None
    cache_control: object = None


Block = Annotated[
    TextBlock | ThinkingBlock | ToolUseBlock | ToolResultBlock, Field(discriminator="type")
]


class Turn(Strict):
    """A message. Blocks of other types are refused by name before this is read."""

    role: Literal["user", "assistant", "system"]
    content: str | Annotated[list[Block], Field(max_length=MAX_BLOCKS)]


class ClientTool(Strict):
    """A tool of the client's. Tools that run at Anthropic's are refused by name before."""

    name: ToolName
    input_schema: dict[str, object]
    description: str | None = None
    type: Literal["custom"] | None = None
    strict: bool | None = None
    eager_input_streaming: bool | None = None
    defer_loading: Literal[False] | None = None
    allowed_callers: list[Literal["direct"]] | None = None
    cache_control: object = None


class AutoChoice(Strict):
    type: Literal["auto"]
    disable_parallel_tool_use: bool = False


class AnyChoice(Strict):
    type: Literal["any"]
    disable_parallel_tool_use: bool = False


class NamedChoice(Strict):
    type: Literal["tool"]
    name: ToolName
    disable_parallel_tool_use: bool = False


class NoChoice(Strict):
    type: Literal["none"]


Choice = Annotated[AutoChoice | AnyChoice | NamedChoice | NoChoice, Field(discriminator="type")]


class ThinkingEnabled(Strict):
    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=LEAST_BUDGET, le=MAX_TOKEN)]
    display: Literal["summarized"] | None = None


class ThinkingAdaptive(Strict):
    type: Literal["adaptive"]
    display: Literal["summarized"] | None = None


class ThinkingDisabled(Strict):
    type: Literal["disabled"]


Thinking = Annotated[
    ThinkingEnabled | ThinkingAdaptive | ThinkingDisabled, Field(discriminator="type")
]


class SchemaFormat(Strict):
    type: Literal["json_schema"]
    schema_: Annotated[dict[str, object], Field(alias="schema")]


class OutputConfig(Strict):
    effort: Effort | None = None
    format: SchemaFormat | None = None


class Metadata(Strict):
    user_id: Annotated[str, StringConstraints(max_length=MAX_USER_CHARACTERS)] | None = None


class CountTokensRequest(Strict):
    """Body of POST /v1/messages/count_tokens."""

    model: ModelId
    messages: Annotated[list[Turn], Field(min_length=1, max_length=MAX_MESSAGES)]
    system: str | Annotated[list[TextBlock], Field(max_length=MAX_BLOCKS)] = ""
    tools: Annotated[list[ClientTool], Field(max_length=MAX_TOOLS)] | None = None
    tool_choice: Choice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig = OutputConfig()


class MessagesRequest(CountTokensRequest):
    """Body of POST /v1/messages."""

    max_tokens: Count
    stream: bool = False
    stop_sequences: Annotated[list[Stop], Field(max_length=MAX_STOPS)] | None = None
    temperature: Annotated[Number, Field(ge=0, le=1)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0, le=MAX_TOKEN)] | None = None
    metadata: Metadata = Metadata()
