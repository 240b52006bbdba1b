"""One batch being answered: its lines at the pace that is left over, each outcome kept at once."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from jimae.errors import JimaeError, Language
from jimae.service.batch_lines import (
    OK,
    Line,
    Outcome,
    Reply,
    Span,
    Unanswered,
    outcome,
    parsed,
    read,
    spans,
)
from jimae.service.batch_log import BatchLog, Progress
from jimae.service.caller import Caller

log = logging.getLogger(__name__)

T = TypeVar("T")

# Errors that pass by themselves: the line waits for as long as its batch has time.
WAITED_FOR: Final = frozenset(
    (
        "queue_full",
        "model_no_room",
        "storage_full",
        "storage_unavailable",
        "quota_exceeded",
        "rate_limited",
        "too_many_answers",
        "hours_closed",
    )
)
# Limits may be lifted before their time.
LONGEST_WAIT: Final = 300.0
UNAVAILABLE: Final = 503
# Of others that may pass: a line that ends a worker must not do so for ever.
ATTEMPTS: Final = 3
RETRY_SECONDS: Final = 2.0
STORAGE_SECONDS: Final = 10.0
WRITE_TOGETHER: Final = 1000


class Endpoints(Protocol):
    """What answers a line: the same as over HTTP, at the priority of batches."""

    async def answer(self, caller: Caller, endpoint: str, body: bytes) -> dict[str, Any]:
        """The whole answer. Raises JimaeError and nothing else."""
        ...

    def refusal(self, error: JimaeError, language: Language) -> dict[str, Any]:
        """The body of an error."""
        ...


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """The result of something that needs the disk or the database, once they can be used."""
    while True:
        try:
            return await work()
        except JimaeError as error:
            if error.code not in WAITED_FOR:
                raise
            log.warning("a batch waits: %s", error)
            await asyncio.sleep(STORAGE_SECONDS)


def is_stopping(error: BaseException) -> bool:
    """Whether lines ended only because the server does."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_stopping, error.exceptions))
    return isinstance(error, JimaeError) and error.code == "server_stopping"


class BatchRun:
    """The lines of one file. `caller` finds anew who they are answered for: somebody may
    have lost their access since, and it raises so. `turns` are shared with every other
    batch; errors are written in `language`; `saved` is told of the progress after each
    outcome, which is then on the disk."""

    def __init__(
        self,
        caller: Callable[[], Awaitable[Caller]],
        endpoint: str,
        source: Path,
        written: BatchLog,
        endpoints: Endpoints,
        *,
        turns: asyncio.Semaphore,
        parallel: int,
        longest: int,
        language: Language,
        saved: Callable[[Progress], Awaitable[None]],
    ) -> None:
        self._caller = caller
        self._endpoint = endpoint
        self._source = source
        self._written = written
        self._endpoints = endpoints
        self._turns = turns
        # Of its own too: lines that wait for memory must not use up what others can use.
        self._slots = asyncio.Semaphore(parallel)
        self._longest = longest
        self._language = language
        self._saved = saved

    async def work(self) -> None:
        """Answer every line that has no outcome. Cancelled, it frees what it asked for.

        Raises ExceptionGroup of `server_stopping`, when what was not answered is left.
        """
        every = await self._spans()
        async with asyncio.TaskGroup() as lines:
            for span in every:
                line = await self._line(span)
                if line.custom_id in self._written.progress.done:
                    continue
                await self._slots.acquire()
                lines.create_task(self._one(line))

    async def give_up(self, error: JimaeError) -> None:
        """Write this error for every line that has no outcome."""
        why = Unanswered(error.code, error.message(self._language))
        every = await self._spans()
        for start in range(0, len(every), WRITE_TOGETHER):
            lines = [await self._line(span) for span in every[start : start + WRITE_TOGETHER]]
            left = [outcome(line.custom_id, None, why) for line in lines]
            await self._append(left)

    async def _spans(self) -> list[Span]:
        return await insist(
            lambda: asyncio.to_thread(lambda: list(spans(self._source, self._longest)))
        )

    async def _line(self, span: Span) -> Line:
        return parsed(await insist(lambda: asyncio.to_thread(read, self._source, span)))

    async def _one(self, line: Line) -> None:
        try:
            await self._keep(outcome(line.custom_id, await self._reply(line)))
        finally:
            self._slots.release()

    async def _reply(self, line: Line) -> Reply:
        attempts = 0
        while True:
            try:
                async with self._turns:
                    body = await self._endpoints.answer(
                        await self._caller(), self._endpoint, bytes(line.body)
                    )
                return _reply(OK, body)
            except JimaeError as error:
                if is_stopping(error):
                    raise
                attempts += error.code not in WAITED_FOR
                if attempts == ATTEMPTS or not _passes(error):
                    body = self._endpoints.refusal(error, self._language)
                    return _reply(error.status, body)
                await asyncio.sleep(min(error.retry_after or RETRY_SECONDS, LONGEST_WAIT))

    async def _keep(self, result: Outcome) -> None:
        await self._append([result])
        try:
            await self._saved(self._written.progress)
        except JimaeError as error:
            # The files know; the next line or the end says so again.
            log.warning("the progress of a batch was not stored: %s", error)

    async def _append(self, results: list[Outcome]) -> None:
        await insist(lambda: asyncio.to_thread(self._written.append, results))


def _passes(error: JimaeError) -> bool:
    return error.code in WAITED_FOR or error.status == UNAVAILABLE


def _reply(status: int, body: Mapping[str, Any]) -> Reply:
    return Reply(status, f"req_{uuid.uuid4().hex}", dict(body))
