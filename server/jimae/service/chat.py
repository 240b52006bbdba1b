"""Answering: one request for a text, as one or several sequences of a model."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec

from jimae.catalogue.abilities import can_write
from jimae.service.able import header_of_able
from jimae.service.audit.answers import Attachment
from jimae.service.caller import Caller, principal
from jimae.service.gate import Gate
from jimae.service.models import ModelPool
from jimae.service.passage import Wanted
from jimae.service.runs import Runs
from jimae.service.texts import Given
from jimae.settings import Scope
from jimae.types import (
    ChatPrompt,
    GenerateRequest,
    Grammar,
    Outputs,
    Priority,
    Prompt,
    Sampling,
    ToolChoice,
    Usage,
)
from jimae.worker.backend import Backend, GenerateEvent

# How often somebody who waits for a load hears of it, in seconds.
LOAD_NEWS_SECONDS = 1.0
# Sequences of one request that stand in the queue together: it is there for others too.
AT_ONCE = 8
NEUTRAL = Sampling()
TEXT = Outputs()
AUTO = ToolChoice()


class Loading(msgspec.Struct, frozen=True):
    """The model is being loaded. `elapsed` is in seconds since this request came."""

    elapsed: float


RunEvent = Loading | GenerateEvent


@dataclass(frozen=True)
class Ask:
    """What somebody wants written.

    `n` sequences are written from the same prompt. `user` is the name a client
    gives to whom it works for, if it does. `attachments` are files that the prompt holds.
    """

    model: str
    prompt: Prompt
    sampling: Sampling = NEUTRAL
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    fit: bool = False
    ignore_eos: bool = False
    reproducible: bool = False
    priority: Priority = "interactive"
    n: int = 1
    user: str | None = None
    outputs: Outputs = TEXT
    grammar: Grammar | None = None
    tool_choice: ToolChoice = AUTO
    prediction: str | None = None
    limit_param: str = "max_tokens"
    attachments: tuple[Attachment, ...] = ()


def total_usage(usages: list[Usage]) -> Usage:
    """The sum over sequences of one prompt, which is counted once.

    Of the prompt, only what every sequence found in memory counts as cached.
    """
    return Usage(
        prompt_tokens=usages[0].prompt_tokens,
        completion_tokens=sum(usage.completion_tokens for usage in usages),
        cached_tokens=min(usage.cached_tokens for usage in usages),
    )


class Chat:
    """Writes answers with the models of a pool."""

    def __init__(self, pool: ModelPool, runs: Runs, gate: Gate, sharing: Scope) -> None:
        self._pool = pool
        self._runs = runs
        self._gate = gate
        self._sharing = sharing

    async def answer(
        self, caller: Caller, *asks: Ask
    ) -> AsyncGenerator[tuple[int, RunEvent], None]:
        """Events of every sequence with its index, as they come; `Loading` before.

        Sequences are numbered through, those of the first ask first; the asks belong to
        one request, are of one model and one `n`, and no more than `AT_ONCE` sequences run or
        wait at a time. Closing the iterator frees every sequence. Raises JimaeError: of the
        gate, the pool, the backend, or `server_stopping`.
        """
        first = asks[0]
        wanted = Wanted(
            model=first.model,
            given=tuple(Given(ask.prompt, ask.grammar, ask.stop, ask.prediction) for ask in asks),
            each=first.n,
            at_once=AT_ONCE,
            parameters=_parameters(first),
            attachments=first.attachments,
        )
        passing = self._gate.passing(caller, wanted, partial(self._write, caller, asks))
        async with aclosing(passing) as events:
            async for event in events:
                yield event

    async def _write(
        self, caller: Caller, asks: Sequence[Ask], given: Sequence[Given], at_once: int
    ) -> AsyncGenerator[tuple[int, RunEvent], None]:
        """The asks with what the gate has let through."""
        turns = asyncio.Semaphore(at_once)
        sources = [
            self._sequence(caller, replace(ask, **vars(one)), index, turns)
            for ask, one in zip(asks, given, strict=True)
            for index in range(ask.n)
        ]
        async with aclosing(self._runs.follow(sources, caller)) as events:
            async for event in events:
                yield event

    async def _sequence(
        self, caller: Caller, ask: Ask, index: int, turns: asyncio.Semaphore
    ) -> AsyncIterator[RunEvent]:
        async with turns:
            await self._check(ask.model)
            async with self._pool.use(ask.model) as backend:
                async for news in _until_ready(backend):
                    if index == 0:
                        yield news
                async for event in backend.generate(self._request(caller, ask, index)):
                    yield event

    async def _check(self, model: str) -> None:
        """Raises `model_not_found`, or `cannot_write` before a model is loaded for nothing."""
        self._pool.files.path(model)
        files = self._pool.files.all()
        await header_of_able(files, model, "cannot_write", lambda _, header: can_write(header))

    def _request(self, caller: Caller, ask: Ask, index: int) -> GenerateRequest:
        sampling = ask.sampling
        # One seed for all would write the same text n times.
        if sampling.seed is not None and index:
            sampling = msgspec.structs.replace(sampling, seed=sampling.seed + index)
        return GenerateRequest(
            id=uuid.uuid4().hex,
            principal=principal(caller, ask.user, self._sharing, ask.priority),
            prompt=ask.prompt,
            sampling=sampling,
            stop=ask.stop,
            max_tokens=ask.max_tokens,
            fit=ask.fit,
            ignore_eos=ask.ignore_eos,
            reproducible=ask.reproducible,
            outputs=ask.outputs,
            grammar=ask.grammar,
            tool_choice=ask.tool_choice,
            prediction=ask.prediction,
            limit_param=ask.limit_param,
        )


def _parameters(ask: Ask) -> dict[str, Any]:
    """What a request was asked with, for the record: nothing of what somebody wrote."""
    return {
        "n": ask.n,
        "max_tokens": ask.max_tokens,
        "priority": ask.priority,
        "user": ask.user,
        "grammar": ask.grammar.kind if ask.grammar else None,
        "tools": [tool.name for tool in ask.prompt.tools]
        if isinstance(ask.prompt, ChatPrompt)
        else [],
        "sampling": {
            name: value
            for name, value in msgspec.structs.asdict(ask.sampling).items()
            if value is not None and name != "logit_bias"
        },
    }


async def _until_ready(backend: Backend) -> AsyncIterator[Loading]:
    """Return when the model is loaded, with news while it is not."""
    if backend.state == "ready":
        return
    begun = time.monotonic()
    ready = asyncio.ensure_future(backend.wait_ready())
    try:
        while not (await asyncio.wait({ready}, timeout=LOAD_NEWS_SECONDS))[0]:
            yield Loading(elapsed=round(time.monotonic() - begun, 1))
        await ready
    finally:
        ready.cancel()
