"""What both processes speak of: people, prompts, sampling, what comes back.

These are the shapes of the seam between the serving process and whatever runs
a model. They are plain data, validated where they enter the server and
serialised as msgpack where they cross to a worker.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["system", "developer", "user", "assistant", "tool"]
Priority = Literal["interactive", "batch"]
FinishReason = Literal["stop", "length", "cancelled"]


class Principal(msgspec.Struct, frozen=True):
    """Who a request is for.

    `id` is who it is charged to in the queue. `scope` names the group of
    requests that may share a prompt's beginning in the KV cache; it is computed
    from the server's settings, never taken from a client.
    """

    id: str
    scope: str
    priority: Priority = "interactive"


# --- prompts ---------------------------------------------------------------------


class TextPart(msgspec.Struct, frozen=True, tag="text"):
    """Text as somebody wrote it: never read as special tokens."""

    text: str


Part = TextPart


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a conversation."""

    role: Role
    content: tuple[Part, ...] = ()
    name: str | None = None


class ChatPrompt(msgspec.Struct, frozen=True, tag="chat"):
    """A conversation, rendered by the model's own template.

    With `continue_last` the answer goes on from the last (assistant) message.
    """

    messages: tuple[Message, ...]
    continue_last: bool = False


class TextPrompt(msgspec.Struct, frozen=True, tag="raw"):
    """A raw text. Its author speaks the model's own format: specials are read."""

    text: str


class TokenPrompt(msgspec.Struct, frozen=True, tag="tokens"):
    """Token ids, used as they are."""

    ids: tuple[int, ...]


Prompt = ChatPrompt | TextPrompt | TokenPrompt


class MediaChunk(msgspec.Struct, frozen=True, tag="media"):
    """`length` positions of a prompt that hold an image or sound, known by its hash."""

    hash: str
    length: int


PromptItem = int | MediaChunk
"""One entry of a prompt as the engine sees it: a token id, or a media chunk."""


# --- requests --------------------------------------------------------------------


class Sampling(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the next token is chosen; None takes the model's recommendation.

    Applied in this order: penalties and bias on the logits, temperature,
    top_k, top_p, min_p. A temperature of 0 takes the most likely token.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repeat_penalty: float | None = None
    seed: int | None = None
    logit_bias: dict[int, float] = {}


class Outputs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sequence is computed for."""

    next_token: bool = True
    prompt_logprobs: bool = False
    embedding: bool = False


class GenerateRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One sequence to generate.

    `max_tokens` None means: until the model stops or the context is full.
    `reproducible` runs it by itself, in a context of its own, so that a seed
    repeats exactly whatever else the server does.
    """

    id: str
    principal: Principal
    prompt: Prompt
    sampling: Sampling = Sampling()
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    ignore_eos: bool = False
    reproducible: bool = False
    outputs: Outputs = Outputs()


# --- what comes back ---------------------------------------------------------------


class Queued(msgspec.Struct, frozen=True, tag="queued"):
    """The request waits. `position` counts from 1; `seconds` is an estimate, if there is one."""

    position: int
    seconds: float | None = None


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The prompt is being read in. `cached_tokens` of it were there already."""

    prompt_tokens: int
    cached_tokens: int


class Prefill(msgspec.Struct, frozen=True, tag="prefill"):
    """Progress of reading the prompt in, in tokens."""

    done: int
    total: int


class Delta(msgspec.Struct, frozen=True, tag="delta"):
    """More of the answer: whole characters, and the tokens that were generated for it.

    `text` may be empty while a character is incomplete or a stop string is
    possible; the concatenated texts are the whole answer.
    """

    text: str
    token_ids: tuple[int, ...]


class Usage(msgspec.Struct, frozen=True):
    """Tokens that a request used. `cached_tokens` is part of `prompt_tokens`."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


class Timings(msgspec.Struct, frozen=True):
    """Seconds spent waiting, reading the prompt in, and generating."""

    queue: float
    prefill: float
    decode: float


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The last event of a sequence that went well. `stop_string` is what ended it, if one did."""

    finish_reason: FinishReason
    usage: Usage
    timings: Timings
    stop_string: str | None = None


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The last event of a sequence that did not; see `errors.WireError`."""

    code: str
    param: str | None = None
    retry_after: float | None = None
    values: dict[str, str | int | float] = {}


Event = Queued | Started | Prefill | Delta | Done | Failed


class ModelInfo(msgspec.Struct, frozen=True):
    """What a loaded model says of itself."""

    id: str
    architecture: str
    n_vocab: int
    n_params: int
    context_train: int
    context: int
    kv_tokens: int
    memory: Literal["attention", "window", "recurrent"]
    has_template: bool
    template_sha256: str | None = None
    load_seconds: float = 0.0


class EngineStatus(msgspec.Struct, frozen=True):
    """What one engine is doing now. Token counts are cells of the KV cache."""

    running: int
    waiting: int
    kv_tokens_used: int
    kv_tokens_total: int
    sequences_cached: int
    steps: int
    tokens_prefilled: int
    tokens_reused: int
    tokens_generated: int
    tokens_drafted: int = 0
    tokens_confirmed: int = 0
