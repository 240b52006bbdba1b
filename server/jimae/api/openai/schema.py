"""What a request may hold. Names, shapes and bounds; OpenAI's where it has them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jimae.types import Priority, Role

MAX_CHOICES = 8
MAX_STOPS = 4
MAX_STOP_CHARACTERS = 256
MAX_MESSAGES = 4096
MAX_BIASES = 1024
MAX_INT = 2**63 - 1
MAX_TOKEN = 2**31 - 1

Number = Annotated[float, Field(allow_inf_nan=False)]
Penalty = Annotated[Number, Field(ge=-2, le=2)]
Count = Annotated[int, Field(ge=1, le=MAX_TOKEN)]
Stop = Annotated[str, StringConstraints(min_length=1, max_length=MAX_STOP_CHARACTERS)]
TokenId = Annotated[int, Field(ge=0, le=MAX_TOKEN)]
TokenKey = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class StreamOptions(_Model):
    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class TextPart(_Model):
    """A part of a message. Other types are refused by name before this is read."""

    type: Literal["text"]
    text: str


class ChatMessage(_Model):
    """A message; the fields after `name` are what clients send back from an answer of ours."""

    role: Role
    content: str | list[TextPart] | None = None
    name: Name | None = None
    refusal: None = None
    audio: None = None
    function_call: None = None
    annotations: Annotated[list[None], Field(max_length=0)] | None = None
    tool_calls: Annotated[list[None], Field(max_length=0)] | None = None
    tool_call_id: Name | None = None


class Generation(_Model):
    """What both endpoints take."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] = 1
    stop: Stop | Annotated[list[Stop], Field(max_length=MAX_STOPS)] | None = None
    max_tokens: Count | None = None
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    logit_bias: Annotated[
        dict[TokenKey, Annotated[Number, Field(ge=-100, le=100)]], Field(max_length=MAX_BIASES)
    ] = {}
    seed: Annotated[int, Field(ge=-MAX_INT, le=MAX_INT - MAX_CHOICES)] | None = None
    user: Name | None = None
    top_k: Annotated[int, Field(ge=0, le=MAX_TOKEN)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[Number, Field(gt=0, le=10)] | None = None
    ignore_eos: bool = False
    reproducible: bool = False
    priority: Priority = "interactive"


class ChatRequest(Generation):
    """Body of POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_completion_tokens: Count | None = None


class CompletionRequest(Generation):
    """Body of POST /v1/completions."""

    prompt: str | Annotated[list[TokenId], Field(min_length=1)]
