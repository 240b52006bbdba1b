"""What both processes speak of: people, prompts, sampling, what comes back.

These are the shapes of the seam between the serving process and whatever runs
a model. They are plain data, validated where they enter the server and
serialised as msgpack where they cross to a worker.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

Role = Literal["system", "developer", "user", "assistant", "tool"]
Priority = Literal["interactive", "batch"]
FinishReason = Literal["stop", "length", "tool_calls", "cancelled"]
Capability = Literal["chat", "completions", "tools", "reasoning", "infill", "embeddings", "rerank"]


class Principal(msgspec.Struct, frozen=True):
    """Who a request is for.

    `id` is who it is charged to in the queue. `scope` names the group of
    requests that may share a prompt's beginning in the KV cache; it is computed
    from the server's settings, never taken from a client.
    """

    id: str
    scope: str
    priority: Priority = "interactive"


def scope_mark(scope: str) -> str:
    """How the names of files begin that hold prompts of a scope."""
    return hashlib.sha256(scope.encode()).hexdigest()[:16]


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]


# --- prompts ---------------------------------------------------------------------


class TextPart(msgspec.Struct, frozen=True, tag="text"):
    """Text as somebody wrote it: never read as special tokens."""

    text: str


Part = TextPart


class ToolCall(msgspec.Struct, frozen=True):
    """A call that a model made. `arguments` is JSON text, as the model wrote it."""

    id: str
    name: str
    arguments: str


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a conversation.

    `reasoning` is what the assistant thought before `content`; `tool_call_id`
    names the call that a message of role `tool` answers. `preamble` is the beginning of
    the text that is the server's own: the same for everybody whom it is put before.
    """

    role: Role
    content: tuple[Part, ...] = ()
    name: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    preamble: str = ""


class Tool(msgspec.Struct, frozen=True, omit_defaults=True):
    """A function that a model may call. `parameters` is a JSON Schema, as text; one of which
    nothing is said has none.

    The arguments of a `strict` tool keep to the schema also where the model
    chooses to call by itself.
    """

    name: str
    description: str = ""
    parameters: str = '{"type":"object","properties":{},"additionalProperties":false}'
    strict: bool = False


class ToolChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a tool is called. `name`: this one must be; only with `required`.

    Without `parallel`, at most one call is made.
    """

    mode: Literal["none", "auto", "required"] = "auto"
    name: str | None = None
    parallel: bool = True


class ChatPrompt(msgspec.Struct, frozen=True, tag="chat", omit_defaults=True):
    """A conversation, rendered by the model's own template.

    With `continue_last` the answer goes on from the last (assistant) message. Without `opened`
    the prompt ends behind the last message: no answer begins there.
    `reasoning_effort` reaches templates that know it; `none` asks those that can
    switch thinking off to do so.
    """

    messages: tuple[Message, ...]
    continue_last: bool = False
    opened: bool = True
    tools: tuple[Tool, ...] = ()
    reasoning_effort: Effort | None = None


class TextPrompt(msgspec.Struct, frozen=True, tag="raw"):
    """A raw text. Its author speaks the model's own format: specials are read."""

    text: str


class TokenPrompt(msgspec.Struct, frozen=True, tag="tokens"):
    """Token ids, used as they are."""

    ids: tuple[int, ...]


class InfillPrompt(msgspec.Struct, frozen=True, tag="infill"):
    """Text before and after a gap that the model fills, for those trained to."""

    prefix: str
    suffix: str


class PairPrompt(msgspec.Struct, frozen=True, tag="pair"):
    """A question and a document that a reranker judges by it."""

    query: str
    document: str


Prompt = ChatPrompt | TextPrompt | TokenPrompt | InfillPrompt | PairPrompt


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
    """What a sequence is computed for.

    `logprobs`: how many alternatives to report with each generated token (0: only
    the chosen one; None: nothing). `prompt_logprobs`: the same for the tokens of
    the prompt. `embedding` asks for a vector, `score` for a reranker's number;
    both go with `next_token` False.
    """

    next_token: bool = True
    logprobs: int | None = None
    prompt_logprobs: int | None = None
    embedding: bool = False
    score: bool = False


class Grammar(msgspec.Struct, frozen=True):
    """What an answer must look like: a JSON Schema (as text), a regular expression,
    or a grammar in Lark's or llama.cpp's notation. `json_object` takes no source.
    """

    kind: Literal["json_schema", "json_object", "regex", "lark", "gbnf"]
    source: str = ""


class GenerateRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One sequence to generate.

    `max_tokens` None means: until the model stops or the context is full. More than
    the context has room for is an error, or with `fit` ends where the context does;
    `limit_param` is what whoever asked calls it.
    `reproducible` runs it by itself, in a context of its own, so that a seed
    repeats exactly whatever else the server does. `grammar` holds the content of
    the answer to a form; reasoning before it is free, and so are tool calls, which
    have forms of their own. `prediction` is a text that the answer is likely to
    repeat: it makes it faster where it is right, and changes nothing else.
    """

    id: str
    principal: Principal
    prompt: Prompt
    sampling: Sampling = Sampling()
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    fit: bool = False
    ignore_eos: bool = False
    reproducible: bool = False
    outputs: Outputs = Outputs()
    grammar: Grammar | None = None
    tool_choice: ToolChoice = ToolChoice()
    prediction: str | None = None
    limit_param: str = "max_tokens"


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


class TokenLogprob(msgspec.Struct, frozen=True):
    """A token, its bytes (those of special tokens included), and its natural log probability.

    Of the model's own distribution: before temperature, penalties and grammar.
    `top` holds the most likely tokens of the place, best first; None in a prompt's
    first place, which nothing precedes.
    """

    token: int
    piece: bytes
    logprob: float | None
    top: tuple[tuple[int, bytes, float], ...] = ()


class CallDelta(msgspec.Struct, frozen=True, omit_defaults=True):
    """More of a tool call. The first delta of an `index` has `id` and `name`, no other has;
    the concatenated `arguments` are JSON text."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


class Delta(msgspec.Struct, frozen=True, tag="delta", omit_defaults=True):
    """More of the answer: whole characters, and the tokens that were generated for it.

    `text` is content; `reasoning` and `calls` are what a model's family writes
    apart from it. All may be empty while a character is incomplete or a stop
    string or a mark is possible; the concatenated texts are the whole answer.
    `logprobs`, if asked for, has an entry for each of `token_ids`.
    """

    text: str
    token_ids: tuple[int, ...]
    reasoning: str = ""
    calls: tuple[CallDelta, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()


class PromptLogprobs(msgspec.Struct, frozen=True, tag="prompt_logprobs"):
    """Log probabilities of more tokens of the prompt, in order. All come before the first Delta."""

    tokens: tuple[TokenLogprob, ...]


class Embedded(msgspec.Struct, frozen=True, tag="embedded"):
    """The vector of a prompt, or the one number of a reranker: float32, little-endian."""

    data: bytes


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


Event = Queued | Started | Prefill | PromptLogprobs | Delta | Embedded | Done | Failed


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
    template: str | None = None
    bos: str | None = None
    eos: str | None = None
    capabilities: tuple[Capability, ...] = ()
    parser: str = "plain"
    embedding_size: int = 0
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
