"""Threads for a library that blocks, and may block for ever: OpenLDAP's handshake has no limit.

A thread cannot be ended from outside. One that is late is left alone; it neither keeps the
server from stopping nor takes a place from others, and only so many can be lost at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 4
MOST_LOST: Final = 16


class Threads:
    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._lost = 0

    async def run(self, work: Callable[[], T], seconds: float) -> T:
        """What `work` returns or raises; TimeoutError if that takes longer, the wait for a turn
        included, or if too many are lost already."""
        if self._lost >= MOST_LOST:
            raise TimeoutError
        async with asyncio.timeout(seconds), self._turns:
            return await self._begun(work)

    async def _begun(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def end(deliver: Callable[[], None]) -> None:
            if done.cancelled():
                self._lost -= 1
            else:
                deliver()

        def run() -> None:
            try:
                deliver = partial(done.set_result, work())
            except BaseException as error:
                deliver = partial(done.set_exception, error)
            # In a loop that is closed, nobody waits.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(end, deliver)

        threading.Thread(target=run, name="jimae-ldap", daemon=True).start()
        try:
            return await done
        except asyncio.CancelledError:
            self._lost += 1
            raise
