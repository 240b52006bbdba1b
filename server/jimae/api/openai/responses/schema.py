"""What requests of Responses and Conversations may hold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jimae.api.openai.schema import (
    MAX_INT,
    MAX_TOKEN,
    Alternatives,
    Count,
    ModelId,
    Number,
    Strict,
    User,
)
from jimae.types import Priority

MAX_ITEMS = 4096
MAX_ADDED = 20
MAX_TOOLS = 256
MAX_PAGE = 100

Id = Annotated[str, StringConstraints(min_length=1, max_length=256)]
StoredId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
FunctionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
MetadataKey = Annotated[str, StringConstraints(max_length=64)]
MetadataValue = Annotated[str, StringConstraints(max_length=512)]
Metadata = Annotated[dict[MetadataKey, MetadataValue], Field(max_length=16)]
Include = Literal["message.output_text.logprobs", "reasoning.encrypted_content"]
Status = Literal["in_progress", "completed", "incomplete"]


# --- items -------------------------------------------------------------------------


class InputText(Strict):
    """Something to read. Where a prompt's cache should break means nothing here."""

    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: object | None = None


class OutputText(Strict):
    """What a model said, as clients send it back."""

    type: Literal["output_text"]
    text: str
    annotations: list[object] | None = None
    logprobs: list[object] | None = None


class Refusal(Strict):
    type: Literal["refusal"]
    refusal: str


Part = Annotated[InputText | OutputText | Refusal, Field(discriminator="type")]


class MessageItem(Strict):
    type: Literal["message"]
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[Part]
    id: Id | None = None
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class CallItem(Strict):
    type: Literal["function_call"]
    call_id: Id
    name: FunctionName
    arguments: str
    id: Id | None = None
    status: Status | None = None


class CallOutputItem(Strict):
    type: Literal["function_call_output"]
    call_id: Id
    output: str | list[InputText]
    id: Id | None = None
    name: FunctionName | None = None
    status: Status | None = None


class SummaryText(Strict):
    type: Literal["summary_text"]
    text: str


class ReasoningText(Strict):
    type: Literal["reasoning_text"]
    text: str


class ReasoningItem(Strict):
    type: Literal["reasoning"]
    id: Id | None = None
    summary: list[SummaryText] = Field(default_factory=list)
    content: list[ReasoningText] | None = None
    status: Status | None = None


class ReferenceItem(Strict):
    type: Literal["item_reference"]
    id: StoredId


InputItem = Annotated[
    MessageItem | CallItem | CallOutputItem | ReasoningItem | ReferenceItem,
    Field(discriminator="type"),
]


# --- tools and forms -----------------------------------------------------------------


class FunctionTool(Strict):
    """A function. Without `strict: true`, its schema is shown to the model and no more. The
    last three may only say what is so already."""

    type: Literal["function"]
    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None
    defer_loading: Literal[False] | None = None
    allowed_callers: list[Literal["direct"]] | None = None
    output_schema: None = None


class NamedFunction(Strict):
    type: Literal["function"]
    name: FunctionName


class AllowedTools(Strict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedFunction], Field(min_length=1, max_length=MAX_TOOLS)]


class TextFormat(Strict):
    type: Literal["text"]


class JsonFormat(Strict):
    type: Literal["json_object"]


class SchemaFormat(Strict):
    """The schema holds with `strict` and without."""

    type: Literal["json_schema"]
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


class TextConfig(Strict):
    format: (
        Annotated[TextFormat | JsonFormat | SchemaFormat, Field(discriminator="type")] | None
    ) = None
    verbosity: Literal["medium"] | None = None


class Reasoning(Strict):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto"] | None = None
    generate_summary: Literal["auto"] | None = None
    context: Literal["auto", "all_turns"] | None = None
    mode: Literal["standard"] | None = None


class ResponseStreamOptions(Strict):
    include_obfuscation: Literal[False] | None = None


class ConversationRef(Strict):
    id: StoredId


# --- requests --------------------------------------------------------------------------


class ResponseRequest(Strict):
    """Body of POST /v1/responses."""

    model: ModelId
    input: str | Annotated[list[InputItem], Field(max_length=MAX_ITEMS)] | None = None
    instructions: str | None = None
    previous_response_id: StoredId | None = None
    conversation: StoredId | ConversationRef | None = None
    store: bool = True
    background: bool = False
    stream: bool = False
    stream_options: ResponseStreamOptions | None = None
    tools: Annotated[list[FunctionTool], Field(max_length=MAX_TOOLS)] = Field(default_factory=list)
    tool_choice: Literal["none", "auto", "required"] | NamedFunction | AllowedTools | None = None
    parallel_tool_calls: bool = True
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    max_output_tokens: Count | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    top_logprobs: Alternatives | None = None
    include: list[Include] = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)
    user: User = None
    top_k: Annotated[int, Field(ge=0, le=MAX_TOKEN)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[Number, Field(gt=0, le=10)] | None = None
    seed: Annotated[int, Field(ge=-MAX_INT, le=MAX_INT)] | None = None
    reproducible: bool = False
    priority: Priority = "interactive"


class ConversationRequest(Strict):
    """Body of POST /v1/conversations."""

    items: Annotated[list[InputItem], Field(max_length=MAX_ADDED)] = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)


class ConversationUpdate(Strict):
    """Body of POST /v1/conversations/{id}."""

    metadata: Metadata


class ItemsRequest(Strict):
    """Body of POST /v1/conversations/{id}/items."""

    items: Annotated[list[InputItem], Field(min_length=1, max_length=MAX_ADDED)]


# --- queries ---------------------------------------------------------------------------


class Query(BaseModel):
    """The part of an address after `?`: everything in it is text at first."""

    model_config = ConfigDict(extra="forbid")

    include: list[Include] = Field(default_factory=list)


class RetrieveQuery(Query):
    stream: bool = False
    starting_after: Annotated[int, Field(ge=0, le=MAX_INT)] | None = None
    include_obfuscation: Literal["false"] | None = None


class ListQuery(Query):
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20
    order: Literal["asc", "desc"] = "desc"
