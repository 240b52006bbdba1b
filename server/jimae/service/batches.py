"""Batches: files of requests that are answered when nobody waits, whatever happens meanwhile.

    validating ──► in_progress ──► finalizing ──► completed      as OpenAI names them
        │               │               ├───────► expired        its time was up
        ▼               └► cancelling ──┴───────► cancelled      what was answered is kept
      failed

A batch belongs to the server: nobody has to stay connected, and what is not finished
goes on when the server starts again.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import anyio
import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import DEFAULT_LANGUAGE, JimaeError, Language
from jimae.service import batch_states as states
from jimae.service import files
from jimae.service.accounts.accounts import Accounts
from jimae.service.batch_lines import Judgement, judge, problem
from jimae.service.batch_log import BatchLog, Progress
from jimae.service.batch_run import BatchRun, Endpoints, insist, is_stopping
from jimae.service.batch_states import Ending
from jimae.service.files import BATCH_SECONDS, written_by
from jimae.settings import Settings
from jimae.store.blobs import Blobs, sum_of
from jimae.store.file_tables import Batch, File
from jimae.store.store import Store

log = logging.getLogger(__name__)

WINDOW_SECONDS: Final = 24 * 3600
MIB: Final = 1024 * 1024


class Batches:
    """All methods raise `storage_full` and `storage_unavailable`."""

    def __init__(self, settings: Settings, store: Store, blobs: Blobs, accounts: Accounts) -> None:
        self._settings = settings
        self._store = store
        self._blobs = blobs
        self._accounts = accounts
        self._turns = asyncio.Semaphore(settings.batches.parallel)
        self._endpoints: Endpoints | None = None
        self._running: dict[str, _Running] = {}

    async def start(self, endpoints: Endpoints) -> None:
        """Go on with what was not finished."""
        self._endpoints = endpoints
        for batch_id in await self._store.read(states.unfinished):
            self._begin(batch_id)

    async def close(self) -> None:
        """Stop, to go on at the next start."""
        self._endpoints = None
        tasks = [running.task for running in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def create(
        self,
        owner: str,
        input_file_id: str,
        endpoint: str,
        *,
        key_id: str | None = None,
        language: Language = DEFAULT_LANGUAGE,
        details: Mapping[str, str] | None = None,
        output_seconds: int = BATCH_SECONDS,
    ) -> Batch:
        """`key_id`: what its lines may ask, this key has to let them. `language`: in which its
        errors are read. Raises `file_not_found`, `wrong_purpose`."""
        now = time.time()
        batch = Batch(
            id=f"batch_{uuid.uuid4().hex}",
            owner=owner,
            created_at=now,
            key_id=key_id,
            language=language,
            endpoint=endpoint,
            input_file_id=input_file_id,
            status="validating",
            reached={},
            expires_at=now + WINDOW_SECONDS,
            details=None if details is None else dict(details),
            output_seconds=output_seconds,
            total=0,
            completed=0,
            failed=0,
        )

        def add(session: Session) -> None:
            file = files.find(session, owner, input_file_id, "input_file_id")
            if file.purpose != "batch":
                raise JimaeError(
                    "wrong_purpose", param="input_file_id", id=file.id, purpose=file.purpose
                )
            session.add(batch)

        await self._store.write(add)
        self._begin(batch.id)
        return batch

    async def get(self, owner: str, batch_id: str) -> Batch:
        """Raises `batch_not_found`."""
        return await self._store.read(lambda session: states.find(session, owner, batch_id))

    async def list(
        self, owner: str, *, after: str | None = None, limit: int
    ) -> tuple[Sequence[Batch], bool]:
        """A page, the newest first, and whether there are more. Raises `batch_not_found`
        for `after`."""

        def page(session: Session) -> tuple[Sequence[Batch], bool]:
            wanted = [Batch.owner == owner]
            if after is not None:
                last = states.find(session, owner, after, "after")
                wanted.append(files.beyond(Batch.created_at, Batch.id, last, "desc"))
            found = session.scalars(
                select(Batch)
                .where(*wanted)
                .order_by(*files.in_order(Batch.created_at, Batch.id, "desc"))
                .limit(limit + 1)
            ).all()
            return found[:limit], len(found) > limit

        return await self._store.read(page)

    async def cancel(self, owner: str, batch_id: str) -> Batch:
        """Stop it; what it runs is freed, what it has written is kept.

        Raises `batch_not_found`, `batch_ended`.
        """

        batch = await self._store.write(lambda session: states.cancel(session, owner, batch_id))
        if running := self._running.get(batch_id):
            running.stop.set()
        return batch

    # --- one batch from its creation to its end ------------------------------------------

    def _begin(self, batch_id: str) -> None:
        if self._endpoints is None:
            return
        stop = asyncio.Event()
        task = asyncio.create_task(self._live(batch_id, stop, self._endpoints), name=batch_id)
        self._running[batch_id] = _Running(task, stop)
        task.add_done_callback(lambda done: self._ended(batch_id, done))

    def _ended(self, batch_id: str, task: asyncio.Task[None]) -> None:
        del self._running[batch_id]
        if task.cancelled() or (error := task.exception()) is None:
            return
        if is_stopping(error):
            log.info("%s goes on when the server starts again", batch_id)
        else:
            log.error("%s stands still until the next start", batch_id, exc_info=error)

    async def _live(self, batch_id: str, stop: asyncio.Event, endpoints: Endpoints) -> None:
        batch = await self._read(batch_id)
        if not await self._can_be_read(batch):
            return
        if batch.status == "validating" and not await self._judge(batch):
            return
        written = BatchLog(*map(self._blobs.path, written_by(batch.id)))
        await insist(lambda: asyncio.to_thread(written.recover))
        run = BatchRun(
            partial(self._accounts.acting_for, batch.owner, batch.key_id),
            batch.endpoint,
            self._blobs.path(batch.input_file_id),
            written,
            endpoints,
            turns=self._turns,
            parallel=self._settings.batches.parallel,
            longest=self._longest,
            language=_language(batch),
            saved=partial(self._save, batch.id),
        )
        # Cancelled before this task knew of it, or before a restart.
        if (await self._read(batch_id)).status == "cancelling":
            stop.set()
        ending = await _until(run, stop, batch.expires_at - time.time())
        await self._change(batch.id, lambda _, row: states.finalizing(row))
        if ending == "expired":
            await run.give_up(JimaeError("batch_expired"))
        await self._finish(batch, ending, written)

    async def _can_be_read(self, batch: Batch) -> bool:
        """Whether its file is still there: somebody may have brought back a database without
        the files that belong to it."""
        there = await asyncio.to_thread(self._blobs.path(batch.input_file_id).exists)
        if not there:
            error = files.not_found(batch.input_file_id)
            lost = Judgement(batch.total, batch.model, [problem(error, _language(batch))])
            await self._change(batch.id, lambda _, row: states.judged(row, lost))
        return there

    async def _judge(self, batch: Batch) -> bool:
        """Whether it can be answered."""
        found = await insist(
            lambda: asyncio.to_thread(
                judge,
                self._blobs.path(batch.input_file_id),
                batch.endpoint,
                most=self._settings.batches.max_requests,
                longest=self._longest,
                language=_language(batch),
            )
        )
        await self._change(batch.id, lambda _, row: states.judged(row, found))
        return not found.problems

    async def _finish(self, batch: Batch, ending: Ending, written: BatchLog) -> None:
        """Say what was done as the files have it: a line may have been written last by
        somebody who was stopped."""
        await insist(lambda: asyncio.to_thread(written.recover))
        output = await self._made(batch, written.output, "output")
        errors = await self._made(batch, written.errors, "error")
        await self._change(
            batch.id,
            lambda session, row: states.finish(
                session, row, ending, written.progress, output, errors
            ),
        )

    async def _made(self, batch: Batch, path: Path, kind: str) -> File | None:
        """A row for what was written, if anything was."""
        summed = await insist(lambda: asyncio.to_thread(sum_of, path))
        if summed is None:
            return None
        size, sha256 = summed
        now = time.time()
        return File(
            id=path.name,
            owner=batch.owner,
            created_at=now,
            filename=f"{batch.id}_{kind}.jsonl",
            purpose="batch_output",
            size=size,
            sha256=sha256,
            expires_at=now + batch.output_seconds,
        )

    async def _read(self, batch_id: str) -> Batch:
        return await insist(
            lambda: self._store.read(lambda session: session.get_one(Batch, batch_id))
        )

    async def _change(self, batch_id: str, change: Callable[[Session, Batch], None]) -> None:
        await insist(
            lambda: self._store.write(
                lambda session: change(session, session.get_one(Batch, batch_id))
            )
        )

    async def _save(self, batch_id: str, progress: Progress) -> None:
        await self._store.write(
            lambda session: states.count(session.get_one(Batch, batch_id), progress)
        )

    @property
    def _longest(self) -> int:
        return int(self._settings.server.max_body_mb * MIB)


class _Running(NamedTuple):
    """`stop` ends it before its time."""

    task: asyncio.Task[None]
    stop: asyncio.Event


def _language(batch: Batch) -> Language:
    language: Language = msgspec.convert(batch.language, Language)
    return language


async def _until(run: BatchRun, stop: asyncio.Event, seconds: float) -> Ending:
    """Work until all is done, somebody stops it, or the time is up."""
    work, stopped = asyncio.create_task(run.work()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait(
            {work, stopped}, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED
        )
        if stop.is_set():
            return "cancelled"
        if not work.done():
            return "expired"
        work.result()
        return "completed"
    finally:
        work.cancel()
        stopped.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.gather(work, stopped, return_exceptions=True)
