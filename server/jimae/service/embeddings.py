"""Vectors of texts, and documents in the order in which they answer a question."""

from __future__ import annotations

import asyncio
import math
import struct
import sys
import uuid
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final, Literal, NamedTuple

from jimae.catalogue import abilities
from jimae.catalogue.entry import Vectors as VectorFacts
from jimae.catalogue.gguf_header import Header
from jimae.errors import JimaeError, WireError
from jimae.service.able import Able, header_of_able
from jimae.service.caller import Caller, principal
from jimae.service.gate import Gate
from jimae.service.models import ModelPool
from jimae.service.passage import Wanted
from jimae.service.runs import Runs
from jimae.service.texts import Given
from jimae.settings import Settings
from jimae.types import (
    Done,
    Embedded,
    GenerateRequest,
    Outputs,
    PairPrompt,
    Priority,
    Prompt,
    TextPrompt,
)
from jimae.worker.backend import GenerateEvent

InputType = Literal["query", "document"]

AT_ONCE: Final = 32
"""Texts of one request that stand in the queue together: it is there for others too."""

VECTOR = Outputs(next_token=False, embedding=True)
SCORE = Outputs(next_token=False, score=True)


class EmbedAsk(NamedTuple):
    """What somebody wants vectors of. `dimensions` None: all that the model makes.

    `input_type` puts before every text what the model's publisher says it needs there.
    `list_given`: whether the texts came as a list, whose places errors then name.
    """

    model: str
    prompts: tuple[Prompt, ...]
    dimensions: int | None = None
    input_type: InputType | None = None
    user: str | None = None
    priority: Priority = "interactive"
    list_given: bool = True


class Embedding(NamedTuple):
    """Vectors of length 1 (float32, little-endian), in the order of the prompts, and the
    tokens that were read."""

    vectors: list[bytes]
    tokens: int


class RankAsk(NamedTuple):
    """What somebody wants ranked by how well it answers `query`."""

    model: str
    query: str
    documents: tuple[str, ...]
    raw_scores: bool = False
    user: str | None = None
    priority: Priority = "interactive"


class Ranking(NamedTuple):
    """A score for each document, in their order, and the tokens that were read."""

    scores: list[float]
    tokens: int


class Embeddings:
    """Makes vectors and scores with the models of a pool.

    Raises `cannot_embed` or `cannot_rerank` before a model is loaded for nothing, and
    what `Chat.answer` raises.
    """

    def __init__(self, settings: Settings, pool: ModelPool, runs: Runs, gate: Gate) -> None:
        self._settings = settings
        self._pool = pool
        self._runs = runs
        self._gate = gate

    async def embed(self, caller: Caller, ask: EmbedAsk) -> Embedding:
        """Also raises `dimensions_fixed`, `dimensions_unknown`, `input_type_unknown`."""
        header = await self._check(ask.model, "cannot_embed", self._embeds)
        facts = self._facts(ask.model)
        size = header.embedding_length or 0
        _check_dimensions(ask, size, facts)
        prefix = _prefix(ask, facts)
        prompts = tuple(
            TextPrompt(prefix + prompt.text) if isinstance(prompt, TextPrompt) else prompt
            for prompt in ask.prompts
        )
        name = "input.{}" if ask.list_given else "input"
        found, tokens = await self._collect(caller, ask, prompts, VECTOR, name)
        return Embedding([shortened(vector, ask.dimensions) for vector in found], tokens)

    async def rank(self, caller: Caller, ask: RankAsk) -> Ranking:
        header = await self._check(ask.model, "cannot_rerank", self._reranks)
        pairs = [PairPrompt(ask.query, document) for document in ask.documents]
        found, tokens = await self._collect(caller, ask, pairs, SCORE, "documents.{}")
        scores = [floats(score)[0] for score in found]
        if not ask.raw_scores:
            scores = [abilities.relevance(score, header.architecture) for score in scores]
        return Ranking(scores, tokens)

    async def _collect(
        self,
        caller: Caller,
        ask: EmbedAsk | RankAsk,
        prompts: Sequence[Prompt],
        outputs: Outputs,
        name: str,
    ) -> tuple[list[bytes], int]:
        """What each prompt came to, and the tokens of all. `name` is the field of the request
        that the error of a prompt names."""
        owner = principal(caller, ask.user, self._settings.engine.sharing, ask.priority)
        wanted = Wanted(
            model=ask.model,
            given=tuple(map(Given, prompts)),
            at_once=AT_ONCE,
            parameters={"outputs": name.partition(".")[0], "user": ask.user},
        )

        def run(
            given: Sequence[Given], at_once: int
        ) -> AsyncGenerator[tuple[int, GenerateEvent], None]:
            turns = asyncio.Semaphore(at_once)
            requests = [
                GenerateRequest(uuid.uuid4().hex, owner, one.prompt, outputs=outputs)
                for one in given
            ]
            sources = [
                self._sequence(ask.model, request, name.format(index), turns)
                for index, request in enumerate(requests)
            ]
            return self._runs.follow(sources, caller)

        found: dict[int, bytes] = {}
        tokens = 0
        async with aclosing(self._gate.passing(caller, wanted, run)) as events:
            async for index, event in events:
                if isinstance(event, Embedded):
                    found[index] = event.data
                elif isinstance(event, Done):
                    tokens += event.usage.prompt_tokens
        return [found[index] for index in range(len(prompts))], tokens

    async def _sequence(
        self, model: str, request: GenerateRequest, name: str, turns: asyncio.Semaphore
    ) -> AsyncIterator[GenerateEvent]:
        async with turns, self._pool.use(model) as backend:
            await backend.wait_ready()
            try:
                async for event in backend.generate(request):
                    yield event
            except JimaeError as error:
                if error.param != "input":
                    raise
                raise WireError(
                    error.code, name, error.retry_after, error.values
                ).to_error() from None

    # --- what models can ----------------------------------------------------------------

    def _embeds(self, model: str, header: Header) -> bool:
        beside = self._settings.for_model(model).engine.embedding_tokens > 0
        return abilities.can_embed(header, beside_writing=beside)

    def _reranks(self, _: str, header: Header) -> bool:
        return abilities.can_rerank(header)

    async def _check(self, model: str, code: str, able: Able) -> Header:
        """The header of a model that can; else an error that names those here that can."""
        self._pool.files.path(model)
        return await header_of_able(self._pool.files.all(), model, code, able)

    def _facts(self, model: str) -> VectorFacts:
        entry = self._pool.files.entry(model)
        return (entry.vectors if entry else None) or VectorFacts()


def floats(data: bytes) -> list[float]:
    """The numbers of a vector."""
    numbers = array("f", data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def shortened(data: bytes, dimensions: int | None) -> bytes:
    """The beginning of a vector, of length 1 again."""
    if dimensions is None or len(data) == 4 * dimensions:
        return data
    begin = floats(data)[:dimensions]
    length = max(math.hypot(*begin), 1e-12)
    return struct.pack(f"<{dimensions}f", *(number / length for number in begin))


def _check_dimensions(ask: EmbedAsk, size: int, facts: VectorFacts) -> None:
    wanted = ask.dimensions
    if wanted is None or wanted == size:
        return
    if facts.least_dimensions is None:
        raise JimaeError(
            "dimensions_fixed", param="dimensions", value=wanted, model=ask.model, size=size
        )
    if not facts.least_dimensions <= wanted <= size:
        choices = f"{facts.least_dimensions}-{size}"
        raise JimaeError(
            "dimensions_unknown", param="dimensions", value=wanted, model=ask.model, choices=choices
        )


def _prefix(ask: EmbedAsk, facts: VectorFacts) -> str:
    if ask.input_type is None:
        return ""
    found = facts.query if ask.input_type == "query" else facts.document
    # Token ids cannot be given a text to begin with.
    if found is None or not all(isinstance(prompt, TextPrompt) for prompt in ask.prompts):
        raise JimaeError(
            "input_type_unknown", param="input_type", value=ask.input_type, model=ask.model
        )
    return found
