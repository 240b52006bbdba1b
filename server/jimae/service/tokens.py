"""Tokens of texts, without anything being written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from jimae.service.models import ModelPool
from jimae.types import ModelInfo, Prompt, TextPrompt
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
            return await backend.count_tokens(prompt)

    async def tokenize(self, model: str, text: str, *, begin: bool) -> Tokenized:
        """The tokens of a text, special ones in it included. `begin` puts before it what
        the model wants a text to begin with."""
        async with self._ready(model) as (backend, info):
            ids = await backend.tokenize(text, special=True)
            if begin and info.bos and ids:
                # What a whole prompt has more than its text is that beginning.
                more = await backend.count_tokens(TextPrompt(text)) - len(ids)
                ids = (*(await backend.tokenize(info.bos, special=True))[:more], *ids)
            return Tokenized(ids, info.context)

    async def detokenize(self, model: str, ids: tuple[int, ...]) -> bytes:
        async with self._ready(model) as (backend, _):
            return await backend.detokenize(ids)

    @asynccontextmanager
    async def _ready(self, model: str) -> AsyncIterator[tuple[Backend, ModelInfo]]:
        async with self._pool.use(model) as backend:
            yield backend, await backend.wait_ready()
