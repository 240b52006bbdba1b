"""Answers that are being written now, and how they end when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import anyio

from jimae.errors import JimaeError

T = TypeVar("T")


class _Item(NamedTuple, Generic[T]):
    source: int
    event: T


class _Ended(NamedTuple):
    """A source is over: `error` says why if it did not end well."""

    error: BaseException | None


class Runs:
    """Every answer that is being written.

    `refuse` lets no new one begin; `end` ends those that run, each with an
    error of its own, so that no reader is left without a last word.
    """

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Any]] = set()
        self._refusing = False
        self._told: list[Callable[[], None]] = []

    @property
    def active(self) -> int:
        return len(self._queues)

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
        for queue in self._queues:
            queue.put_nowait(_Ended(JimaeError("server_stopping")))

    async def follow(
        self, sources: Sequence[AsyncIterator[T]]
    ) -> AsyncGenerator[tuple[int, T], None]:
        """Read several sources at once; yield each event with its source's index.

        Nothing is claimed before the first event is asked for. The first error
        ends all of them, as does closing this iterator; when it returns, every
        source has been closed. Raises `server_stopping` and what the sources raise.
        """
        if self._refusing:
            raise JimaeError("server_stopping")
        # Unbounded: a source makes at most one event a token, and a slow reader
        # must not hold up the step that writes everybody else's answer.
        queue: asyncio.Queue[_Item[T] | _Ended] = asyncio.Queue()
        self._queues.add(queue)
        tasks = [
            asyncio.create_task(_pump(index, source, queue)) for index, source in enumerate(sources)
        ]
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
            self._queues.discard(queue)
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
