"""Tokens of texts, without anything being written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from jimae.service.models import ModelPool
from jimae.types import ModelInfo, Prompt
from jimae.worker.backend import Backend


class Tokenized(NamedTuple):
    """The tokens of a text, and the tokens that a request to this model can hold."""

    ids: tuple[int, ...]
    context: int


class Tokens:
    """Counts and cuts texts with the models of a pool, which loads them if need be.

    Everything raises what the pool and the backend raise.
    """

    def __init__(self, pool: ModelPool) -> None:
        self._pool = pool

    async def info(self, model: str) -> ModelInfo:
        """What a model says of itself."""
        async with self._ready(model) as (_, info):
            return info

    async def count(self, model: str, prompt: Prompt) -> int:
        """Length of a prompt as the model would see it."""
        async with self._ready(model) as (backend, _):
            return len(await backend.tokens_of(prompt))

    async def of(self, model: str, prompt: Prompt) -> Tokenized:
        """The tokens of a prompt as the model would see it."""
        async with self._ready(model) as (backend, info):
            return Tokenized(await backend.tokens_of(prompt), info.context)

    async def tokenize(self, model: str, text: str) -> Tokenized:
        """The tokens of a text and nothing before it, special ones in it included."""
        async with self._ready(model) as (backend, info):
            return Tokenized(await backend.tokenize(text, special=True), info.context)

    async def detokenize(self, model: str, ids: tuple[int, ...]) -> bytes:
        async with self._ready(model) as (backend, _):
            return await backend.detokenize(ids)

    @asynccontextmanager
    async def _ready(self, model: str) -> AsyncIterator[tuple[Backend, ModelInfo]]:
        async with self._pool.use(model) as backend:
            yield backend, await backend.wait_ready()
