"""Something that is being written: one writer, and readers that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, Protocol, TypeVar

import msgspec

from jimae.service.chat import Loading
from jimae.service.writing import Change
from jimae.types import Prefill, Queued


class Written(Protocol):
    """What is told of something that is written: a response, a turn of a chat."""

    @property
    def id(self) -> str: ...
    @property
    def finished(self) -> bool: ...


W = TypeVar("W", bound=Written)


class News(msgspec.Struct, frozen=True):
    """What somebody who waits is told; no part of what is written."""

    event: Loading | Queued | Prefill


class Became(msgspec.Struct, Generic[W], frozen=True):
    """It has another status. The first is how it began, the last how it ended."""

    record: W


Entry = Became[W] | Change | News


class Run(Generic[W]):
    """Everything that happened to what is written so far, in order, for any number of readers.

    Belongs to the server: it goes on without readers until it is done or cancelled. Once
    it is `ending` only its end has to be stored, which nobody cancels.
    """

    def __init__(self, record: W) -> None:
        self.record = record
        self.log: list[Entry[W]] = []
        self.task: asyncio.Task[None] | None = None
        self.ending = False
        self._more = asyncio.Event()
        self._over = False

    def add(self, *entries: Entry[W]) -> None:
        for entry in entries:
            if isinstance(entry, Became):
                self.record = entry.record
                self._over = entry.record.finished
        self.log += entries
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self, position: int = 0) -> AsyncGenerator[Entry[W], None]:
        """Every entry from this position of the log to the last, as they come."""
        while True:
            more = self._more
            while position < len(self.log):
                yield self.log[position]
                position += 1
            if self._over:
                return
            if more is self._more:
                await more.wait()

    async def ended(self) -> W:
        """How it ended, once it has."""
        while not self._over:
            await self._more.wait()
        return self.record

    def cancel(self) -> None:
        """Free the model. The run ends with what was written; if it is over, nothing."""
        # Not before its first step, or it would never come to its end.
        asyncio.get_running_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        if self.task is not None and not self.ending:
            self.task.cancel()
