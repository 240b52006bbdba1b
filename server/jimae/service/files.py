"""Files that programs keep here: received, listed, read, deleted, gone when their time is up."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import BinaryIO, Final, Literal

import anyio
from sqlalchemy import ColumnElement, and_, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from jimae.errors import JimaeError
from jimae.store.blobs import Blobs, Upload
from jimae.store.file_tables import Batch, File
from jimae.store.store import Store

log = logging.getLogger(__name__)

Order = Literal["asc", "desc"]

UNFINISHED: Final = ("validating", "in_progress", "finalizing", "cancelling")
"""Statuses of a batch that still reads its file."""

# As OpenAI keeps them: what a batch reads or writes goes after 30 days unless said otherwise.
BATCH_SECONDS: Final = 30 * 24 * 3600
REAP_SECONDS: Final = 60.0


class Files:
    """Rows in the store, content in blobs. What an owner does not own is not there.

    All methods raise `storage_full` and `storage_unavailable`.
    """

    def __init__(self, store: Store, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs
        self._reaper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Remove what belongs to nobody: uploads that a crash broke off."""
        if self._reaper is not None:
            return
        await asyncio.to_thread(self._blobs.prepare)
        kept = await self._store.read(_known_blobs)
        await asyncio.to_thread(self._blobs.sweep, kept)
        self._reaper = asyncio.create_task(self._reap_for_ever(), name="reap files")

    async def close(self) -> None:
        if self._reaper is not None:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
            self._reaper = None

    @asynccontextmanager
    async def receive(self) -> AsyncIterator[Incoming]:
        """A file that comes in; nothing is left of it unless it is kept."""
        upload = await asyncio.to_thread(self._blobs.create, f"file-{uuid.uuid4().hex}")
        incoming = Incoming(self._store, upload)
        try:
            yield incoming
        finally:
            if not incoming.kept:
                with anyio.CancelScope(shield=True):
                    await asyncio.to_thread(upload.discard)

    async def get(self, owner: str, file_id: str) -> File:
        """Raises `file_not_found`."""
        return await self._store.read(lambda session: find(session, owner, file_id))

    async def open(self, owner: str, file_id: str) -> tuple[File, BinaryIO]:
        """To read its content. Raises `file_not_found`."""
        file = await self.get(owner, file_id)
        content = await asyncio.to_thread(self._blobs.open, file.id)
        if content is None:
            raise not_found(file_id)
        return file, content

    async def list(
        self,
        owner: str,
        *,
        after: str | None = None,
        limit: int,
        order: Order = "desc",
        purpose: str | None = None,
    ) -> tuple[Sequence[File], bool]:
        """A page by time of creation, and whether there are more. Raises `file_not_found`
        for `after`."""

        def page(session: Session) -> tuple[Sequence[File], bool]:
            wanted = [File.owner == owner, _alive()]
            if purpose is not None:
                wanted.append(File.purpose == purpose)
            if after is not None:
                last = find(session, owner, after, "after")
                wanted.append(beyond(File.created_at, File.id, last, order))
            found = session.scalars(
                select(File)
                .where(*wanted)
                .order_by(*in_order(File.created_at, File.id, order))
                .limit(limit + 1)
            ).all()
            return found[:limit], len(found) > limit

        return await self._store.read(page)

    async def delete(self, owner: str, file_id: str) -> None:
        """When this returns, its content is off the disk.

        Raises `file_not_found`, and `file_in_use` while a batch reads it.
        """

        def forget(session: Session) -> None:
            file = find(session, owner, file_id)
            batch = session.scalar(select(Batch.id).where(_reads(file_id)).limit(1))
            if batch is not None:
                raise JimaeError("file_in_use", id=file_id, batch=batch)
            session.delete(file)

        await self._store.write(forget)
        await asyncio.to_thread(self._blobs.remove, file_id)

    async def reap(self) -> None:
        """Delete files whose time is up and that no batch reads."""

        def forget(session: Session) -> Sequence[str]:
            reading = select(Batch.id).where(_reads(File.id)).exists()
            expired = session.scalars(select(File).where(~_alive(), ~reading)).all()
            for file in expired:
                session.delete(file)
            return [file.id for file in expired]

        for file_id in await self._store.write(forget):
            await asyncio.to_thread(self._blobs.remove, file_id)

    async def _reap_for_ever(self) -> None:
        while True:
            try:
                await self.reap()
            except JimaeError as error:
                log.warning("files whose time is up were not deleted: %s", error)
            await asyncio.sleep(REAP_SECONDS)


class Incoming:
    """What has come of a file so far."""

    def __init__(self, store: Store, upload: Upload) -> None:
        self._store = store
        self._upload = upload
        self.kept = False

    @property
    def size(self) -> int:
        return self._upload.size

    async def write(self, data: bytes) -> None:
        await asyncio.to_thread(self._upload.write, data)

    async def keep(
        self, owner: str, filename: str, purpose: str, expires_seconds: int | None
    ) -> File:
        """Make it a file of this owner. When this returns, it survives a crash."""
        sha256 = await asyncio.to_thread(self._upload.finish)
        now = time.time()
        file = File(
            id=self._upload.id,
            owner=owner,
            created_at=now,
            filename=filename,
            purpose=purpose,
            size=self._upload.size,
            sha256=sha256,
            expires_at=None if expires_seconds is None else now + expires_seconds,
        )
        # Before: whoever is cancelled meanwhile leaves the transaction to run to its end.
        self.kept = True
        try:
            await self._store.write(lambda session: session.add(file))
        except JimaeError:
            self.kept = False
            raise
        return file


def find(session: Session, owner: str, file_id: str, param: str | None = None) -> File:
    """Raises `file_not_found`, naming `param`."""
    file = session.scalar(select(File).where(File.id == file_id, File.owner == owner, _alive()))
    if file is None:
        raise not_found(file_id, param)
    return file


def not_found(file_id: str, param: str | None = None) -> JimaeError:
    return JimaeError("file_not_found", param=param, id=file_id[:100])


def in_order(
    created: InstrumentedAttribute[float], row_id: InstrumentedAttribute[str], order: Order
) -> tuple[ColumnElement[float], ColumnElement[str]]:
    if order == "asc":
        return created.asc(), row_id.asc()
    return created.desc(), row_id.desc()


def beyond(
    created: InstrumentedAttribute[float],
    row_id: InstrumentedAttribute[str],
    last: File | Batch,
    order: Order,
) -> ColumnElement[bool]:
    """What comes after a row in this order."""
    here, there = tuple_(created, row_id), tuple_(last.created_at, last.id)
    return here > there if order == "asc" else here < there


def _alive() -> ColumnElement[bool]:
    return or_(File.expires_at.is_(None), File.expires_at > time.time())


def _reads(file_id: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return and_(Batch.input_file_id == file_id, Batch.status.in_(UNFINISHED))


def _known_blobs(session: Session) -> set[str]:
    files = session.scalars(select(File.id)).all()
    batches = session.scalars(select(Batch.id).where(Batch.status.in_(UNFINISHED))).all()
    return {*files, *(blob for batch in batches for blob in written_by(batch))}


def written_by(batch_id: str) -> tuple[str, str]:
    """The ids of the files that a batch writes: answers, and errors."""
    name = batch_id.removeprefix("batch_")
    return f"file-{name}-output", f"file-{name}-errors"
