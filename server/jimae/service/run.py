"""A response that is being written: one writer, and readers that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from jimae.service.chat import Loading
from jimae.service.records import Record
from jimae.service.writing import Change
from jimae.types import Prefill, Queued


class News(msgspec.Struct, frozen=True):
    """What somebody who waits is told; no part of the response."""

    event: Loading | Queued | Prefill


class Became(msgspec.Struct, frozen=True):
    """The response has another status. The first is how it began, the last how it ended."""

    record: Record


Entry = Became | Change | News


class Run:
    """Everything that happened to a response so far, in order, for any number of readers.

    Belongs to the server: it goes on without readers until it is done or cancelled. Once
    it is `ending` only its end has to be stored, which nobody cancels.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.log: list[Entry] = []
        self.task: asyncio.Task[None] | None = None
        self.ending = False
        self._more = asyncio.Event()
        self._over = False

    def add(self, *entries: Entry) -> None:
        for entry in entries:
            if isinstance(entry, Became):
                self.record = entry.record
                self._over = entry.record.finished
        self.log += entries
        self._more.set()
        self._more = asyncio.Event()

    async def follow(self) -> AsyncGenerator[Entry, None]:
        """Every entry from the first to the last, as they come."""
        position = 0
        while True:
            more = self._more
            while position < len(self.log):
                yield self.log[position]
                position += 1
            if self._over:
                return
            if more is self._more:
                await more.wait()

    async def ended(self) -> Record:
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
