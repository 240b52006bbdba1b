"""What a model file can be asked for, told from its header before it is loaded."""

from __future__ import annotations

import math
from typing import Final, Literal, Protocol

from jimae.catalogue.gguf_header import Header

Pooling = Literal["mean", "cls", "last", "rank"]
"""How the vectors of a prompt's tokens become one: see `llama.embedder`."""

# llama.cpp's numbers of `<architecture>.pooling_type`; 0 is none.
_POOLINGS: Final[dict[int, Pooling]] = {1: "mean", 2: "cls", 3: "last", 4: "rank"}

# Models that see all of a prompt at once and cannot write.
_ENCODERS: Final = frozenset(
    {
        "bert",
        "nomic-bert",
        "nomic-bert-moe",
        "neo-bert",
        "eurobert",
        "jina-bert-v2",
        "jina-bert-v3",
        "modern-bert",
        "gemma-embedding",
    }
)
# Rerankers whose score is a probability already: llama.cpp ends their graph with a softmax.
_PROBABLE: Final = frozenset({"qwen3", "qwen3vl"})

CHUNK: Final = 64
"""Tokens of a batch where a prompt can be read in pieces. Larger ones are hardly faster (64
tokens a batch have 93% of the speed of 512), and whoever reads an answer waits for each."""

WHOLE: Final = 2048
"""The longest prompt of a model that has to see all of it at once, unless `engine.batch` is
more: memory grows with it."""

GENERATIVE: Final[Pooling] = "mean"
"""Of a model that was made to write, the mean says more than its last token."""


def is_encoder(header: Header) -> bool:
    return header.architecture in _ENCODERS


def own_pooling(header: Header) -> Pooling | None:
    """The pooling that a file was made for; None for a model that writes."""
    found = _POOLINGS.get(header.pooling_type or 0)
    return found or ("mean" if is_encoder(header) else None)


def can_write(header: Header) -> bool:
    return own_pooling(header) is None


def can_embed(header: Header, *, beside_writing: bool) -> bool:
    """`beside_writing`: whether models that write make vectors too."""
    pooling = own_pooling(header)
    return beside_writing if pooling is None else pooling != "rank"


def can_rerank(header: Header) -> bool:
    return own_pooling(header) == "rank"


class RoomSettings(Protocol):
    """The settings that a context for vectors goes by: `settings.EngineSettings` has them."""

    @property
    def context(self) -> int: ...
    @property
    def batch(self) -> int: ...
    @property
    def kv_tokens(self) -> int: ...
    @property
    def embedding_tokens(self) -> int: ...


def embedding_room(header: Header, engine: RoomSettings) -> tuple[int, int]:
    """Tokens of the cache and of a batch of the context that makes vectors."""
    longest = min(header.context_length or WHOLE, engine.context or 1 << 31)
    if is_encoder(header) or own_pooling(header) == "cls":
        batch = min(longest, max(engine.batch, WHOLE))
        return batch, batch
    cells = engine.embedding_tokens if can_write(header) else engine.kv_tokens
    cells = min(cells, longest)
    return cells, min(cells, CHUNK)


def is_probability(architecture: str) -> bool:
    """Whether a reranker's number is a probability already."""
    return architecture in _PROBABLE


def relevance(score: float, architecture: str) -> float:
    """A reranker's score as a probability: 0 to 1.

    Most are trained with a sigmoid behind their one number, which the file does not
    hold (sentence-transformers' CrossEncoder, and what Jina, Cohere and vLLM return).
    """
    if is_probability(architecture):
        return score
    # Two forms, of which each is exact where the other overflows.
    if score >= 0:
        return 1.0 / (1.0 + math.exp(-score))
    return math.exp(score) / (1.0 + math.exp(score))
