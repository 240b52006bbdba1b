"""Answers that are being written now, and how they end when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence, Set
from contextlib import aclosing
from typing import Any, Generic, NamedTuple, TypeVar

import anyio

from jimae.errors import JimaeError
from jimae.service.caller import SERVER, Caller

T = TypeVar("T")


class _Item(NamedTuple, Generic[T]):
    source: int
    event: T


class _Ended(NamedTuple):
    """A source is over: `error` says why if it did not end well."""

    error: BaseException | None


class _Following(NamedTuple):
    """What one reader reads, and for whom."""

    queue: asyncio.Queue[Any]
    tasks: Sequence[asyncio.Task[None]]
    caller: Caller
    is_answer: bool

    def end(self, error: JimaeError) -> None:
        self.queue.put_nowait(_Ended(error))

    def cut(self, error: JimaeError) -> None:
        """End it now: what was written and not yet read is not read any more."""
        for task in self.tasks:
            task.cancel()
        while not self.queue.empty():
            self.queue.get_nowait()
        self.end(error)


class Runs:
    """Every answer that is being written.

    `refuse` lets no new one begin; `end` ends those that run, each with an
    error of its own, so that no reader is left without a last word. `revoke` ends those of
    callers who may not ask any more.
    """

    def __init__(self) -> None:
        self._followed: set[_Following] = set()
        self._refusing = False
        self._told: list[Callable[[], None]] = []

    @property
    def active(self) -> int:
        return sum(following.is_answer for following in self._followed)

    @property
    def refusing(self) -> bool:
        return self._refusing

    def when_refusing(self, told: Callable[[], None]) -> None:
        """Tell this when no new one may begin: it ends what would go on for ever."""
        self._told.append(told)

    def refuse(self) -> None:
        self._refusing = True
        while self._told:
            self._told.pop()()

    def end(self) -> None:
        self.refuse()
        for following in self._followed:
            if following.is_answer:
                following.end(JimaeError("server_stopping"))

    def callers(self) -> set[Caller]:
        """For whom something is being written, or who read it."""
        return {following.caller for following in self._followed}

    def revoke(self, callers: Set[Caller]) -> None:
        for following in self._followed:
            if following.caller in callers:
                following.cut(JimaeError("access_revoked"))

    async def follow(
        self, sources: Sequence[AsyncIterator[T]], caller: Caller = SERVER
    ) -> AsyncGenerator[tuple[int, T], None]:
        """Read several sources at once; yield each event with its source's index.

        Nothing is claimed before the first event is asked for. The first error
        ends all of them, as does closing this iterator; when it returns, every
        source has been closed. Raises `server_stopping`, `access_revoked` and what the
        sources raise.
        """
        if self._refusing:
            raise JimaeError("server_stopping")
        async with aclosing(self._read(sources, caller, is_answer=True)) as events:
            async for index, event in events:
                yield index, event

    async def read(self, source: AsyncIterator[T], caller: Caller) -> AsyncGenerator[T, None]:
        """What somebody reads of what goes on without them. Raises `access_revoked` as soon as
        they may not any more, and what the source raises."""
        async with aclosing(self._read((source,), caller, is_answer=False)) as events:
            async for _, event in events:
                yield event

    async def _read(
        self, sources: Sequence[AsyncIterator[T]], caller: Caller, *, is_answer: bool
    ) -> AsyncGenerator[tuple[int, T], None]:
        # Unbounded: a source makes at most one event a token, and a slow reader
        # must not hold up the step that writes everybody else's answer.
        queue: asyncio.Queue[_Item[T] | _Ended] = asyncio.Queue()
        tasks = tuple(
            asyncio.create_task(_pump(index, source, queue)) for index, source in enumerate(sources)
        )
        following = _Following(queue, tasks, caller, is_answer)
        self._followed.add(following)
        open_sources = len(tasks)
        try:
            while open_sources:
                item = await queue.get()
                if isinstance(item, _Item):
                    yield item.source, item.event
                elif item.error is not None:
                    raise item.error
                else:
                    open_sources -= 1
        finally:
            self._followed.discard(following)
            for task in tasks:
                task.cancel()
            # The reader may have been cancelled: the sources are freed all the same.
            with anyio.CancelScope(shield=True):
                await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(
    index: int, source: AsyncIterator[T], queue: asyncio.Queue[_Item[T] | _Ended]
) -> None:
    try:
        async for event in source:
            queue.put_nowait(_Item(index, event))
    except Exception as error:
        queue.put_nowait(_Ended(error))
    else:
        queue.put_nowait(_Ended(None))
