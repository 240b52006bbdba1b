"""What a worker does for requests of vectors and scores, beside or instead of writing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from jimae.catalogue import abilities, memory
from jimae.catalogue.gguf_header import Header
from jimae.catalogue.progress import format_size
from jimae.errors import JimaeError
from jimae.llama.embedder import Embedder, LlamaEmbedder
from jimae.llama.weights import LlamaWeights, LoadOptions
from jimae.types import Capability, EngineStatus, GenerateRequest
from jimae.worker import protocol
from jimae.worker.embedding import Embedding, Emit
from jimae.worker.embedding_loop import EmbeddingLoop
from jimae.worker.embedding_prompts import EmbeddingPrompts

log = logging.getLogger("jimae.worker")

SEQUENCES = 32
"""Prompts that are read at once, at most."""


class Vectors:
    """Embeddings and scores of one model, in a thread of their own."""

    def __init__(
        self,
        load: protocol.Load,
        header: Header,
        weights: LlamaWeights,
        emit: Emit,
        on_crash: Callable[[], None],
    ) -> None:
        self._load = load
        self._header = header
        self._weights = weights
        self._prompts = EmbeddingPrompts(weights.vocab, weights.rerank_template)
        self._loop = EmbeddingLoop(Embedding(self._make, emit), emit, on_crash)
        self._loop.start()

    @property
    def capabilities(self) -> tuple[Capability, ...]:
        if abilities.can_embed(self._header, beside_writing=self._load.embedding_tokens > 0):
            return ("embeddings",)
        return ("rerank",) if self._reranks else ()

    @property
    def step_seconds(self) -> float:
        return self._loop.step_seconds

    async def submit(self, request: GenerateRequest) -> None:
        """Queue a request whose outputs are a vector or a score. Raises `cannot_embed`,
        `cannot_rerank`, and what the prompt raises."""
        wanted = "rerank" if request.outputs.score else "embeddings"
        if wanted not in self.capabilities:
            code = "cannot_rerank" if request.outputs.score else "cannot_embed"
            raise JimaeError(code, param="model", model=self._load.model, able="-")
        ids = await asyncio.to_thread(self._prompts.tokens, request.prompt)
        self._loop.submit(request, ids)

    def cancel(self, request_id: str) -> None:
        self._loop.cancel(request_id)

    def stop(self) -> None:
        self._loop.stop()

    def status(self) -> EngineStatus:
        """Of a model that does nothing else."""
        return EngineStatus(
            running=self._loop.reading,
            waiting=self._loop.waiting,
            kv_tokens_used=0,
            kv_tokens_total=0,
            sequences_cached=0,
            steps=0,
            tokens_prefilled=0,
            tokens_reused=0,
            tokens_generated=0,
        )

    @property
    def _reranks(self) -> bool:
        """One number, or the two of a yes and a no: with more, the first means something else."""
        classes = self._weights.n_classes
        yes_or_no = abilities.is_probability(self._header.architecture) and classes == 2
        return abilities.can_rerank(self._header) and (classes == 1 or yes_or_no)

    def _make(self) -> Embedder:
        load, header = self._load, self._header
        cells, batch = abilities.embedding_room(header, load)
        if abilities.can_write(header):
            # Not counted when the model was loaded: most are never asked for vectors.
            need = memory.embedder_bytes(header, cells, batch, load.kv_type)
            free = memory.free()
            if need > free:
                raise JimaeError(
                    "embedding_no_room",
                    model=load.model,
                    need=format_size(need),
                    free=format_size(max(0, free)),
                    retry_after=60.0,
                )
        options = LoadOptions(
            path=Path(load.path),
            n_cells=cells,
            n_running=SEQUENCES,
            n_idle=0,
            n_batch=batch,
            kv_type=load.kv_type,
            threads=load.threads,
        )
        pooling = abilities.own_pooling(header) or abilities.GENERATIVE
        log.info("a context of %d tokens for vectors, pooling %s", cells, pooling)
        return LlamaEmbedder(options, pooling, share=self._weights)
