"""What a request to write may hold. Names, shapes and bounds; OpenAI's where it has them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from jimae.types import Priority

MAX_CHOICES = 8
MAX_STOPS = 16
MAX_STOP_CHARACTERS = 256
MAX_BIASES = 1024
MAX_ALTERNATIVES = 20
MAX_INT = 2**63 - 1
MAX_TOKEN = 2**31 - 1

Number = Annotated[float, Field(allow_inf_nan=False)]
Penalty = Annotated[Number, Field(ge=-2, le=2)]
Count = Annotated[int, Field(ge=1, le=MAX_TOKEN)]
Alternatives = Annotated[int, Field(ge=0, le=MAX_ALTERNATIVES)]
Stop = Annotated[str, StringConstraints(min_length=1, max_length=MAX_STOP_CHARACTERS)]
TokenId = Annotated[int, Field(ge=0, le=MAX_TOKEN)]
TokenKey = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ModelId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
# Clients that have nobody to name send an empty one.
User = Annotated[Name | None, BeforeValidator(lambda value: None if value == "" else value)]
Filled = Annotated[str, StringConstraints(min_length=1)]


class Strict(BaseModel):
    """No field that is not named, and no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: Literal[False] | None = None


class StructuredOutputs(Strict):
    """A form for the answer: exactly one of these, under the names that vLLM has.

    `grammar` is in Lark's notation, or in llama.cpp's if it has `::=`.
    """

    json_: Annotated[str | dict[str, object] | None, Field(alias="json")] = None
    json_object: Literal[True] | None = None
    regex: Filled | None = None
    choice: Annotated[list[Filled], Field(min_length=1)] | None = None
    grammar: Filled | None = None


class Generation(Strict):
    """What both endpoints take."""

    model: ModelId
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] = 1
    stop: Stop | Annotated[list[Stop], Field(max_length=MAX_STOPS)] | None = None
    presence_penalty: Penalty = 0.0
    frequency_penalty: Penalty = 0.0
    logit_bias: Annotated[
        dict[TokenKey, Annotated[Number, Field(ge=-100, le=100)]], Field(max_length=MAX_BIASES)
    ] = {}
    seed: Annotated[int, Field(ge=-MAX_INT, le=MAX_INT - MAX_CHOICES)] | None = None
    user: User = None
    top_k: Annotated[int, Field(ge=0, le=MAX_TOKEN)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[Number, Field(gt=0, le=10)] | None = None
    ignore_eos: bool = False
    reproducible: bool = False
    priority: Priority = "interactive"
    structured_outputs: StructuredOutputs | None = None
