"""Files: whose they are, how long they are there, and what a crash leaves of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import pytest
from sqlalchemy import update

from jimae.errors import JimaeError
from jimae.service.accounts.accounts import Accounts
from jimae.service.batches import Batches
from jimae.service.files import Files, written_by
from jimae.settings import Settings
from jimae.store.blobs import FOLDER, Blobs
from jimae.store.file_tables import Batch
from jimae.store.store import Store


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def blobs(stored: Settings) -> Blobs:
    return Blobs(stored.data_dir / FOLDER)


@pytest.fixture
async def files(store: Store, blobs: Blobs) -> AsyncIterator[Files]:
    files = Files(store, blobs)
    await files.start()
    yield files
    await files.close()


async def add(files: Files, owner: str = "a", *, purpose: str = "batch", seconds: int = 60) -> str:
    async with files.receive() as incoming:
        await incoming.write(b"content")
        return (await incoming.keep(owner, "name", purpose, seconds)).id


def there(settings: Settings) -> set[str]:
    return {path.name for path in Path(settings.data_dir / FOLDER).iterdir()}


async def refused(call: Awaitable[object]) -> str:
    with pytest.raises(JimaeError) as caught:
        await call
    return caught.value.code


async def test_another_owner_finds_nothing(
    files: Files, store: Store, blobs: Blobs, stored: Settings
) -> None:
    file_id = await add(files)
    batches = Batches(stored, store, blobs, Accounts(store, stored.accounts))
    batch = await batches.create("a", file_id, "/v1/completions")

    assert await refused(files.get("b", file_id)) == "file_not_found"
    assert await refused(files.open("b", file_id)) == "file_not_found"
    assert await refused(files.delete("b", file_id)) == "file_not_found"
    assert await refused(files.list("b", after=file_id, limit=9)) == "file_not_found"
    assert await files.list("b", limit=9) == ([], False)
    assert await refused(batches.create("b", file_id, "/v1/completions")) == "file_not_found"
    assert await refused(batches.get("b", batch.id)) == "batch_not_found"
    assert await refused(batches.cancel("b", batch.id)) == "batch_not_found"
    assert await batches.list("b", limit=9) == ([], False)
    assert (await files.get("a", file_id)).size == 7


async def test_a_file_whose_time_is_up_is_gone(files: Files, stored: Settings) -> None:
    kept, expired = await add(files), await add(files, seconds=0)
    assert await refused(files.get("a", expired)) == "file_not_found"
    assert [file.id for file in (await files.list("a", limit=9))[0]] == [kept]
    await files.reap()
    assert there(stored) == {kept}


async def test_what_a_batch_reads_stays_until_it_ends(
    files: Files, store: Store, blobs: Blobs, stored: Settings
) -> None:
    file_id = await add(files, seconds=1)
    batch = await Batches(stored, store, blobs, Accounts(store, stored.accounts)).create(
        "a", file_id, "/v1/completions"
    )
    assert await refused(files.delete("a", file_id)) == "file_in_use"
    await asyncio.sleep(1)
    await files.reap()
    assert there(stored) == {file_id}

    ended = update(Batch).where(Batch.id == batch.id).values(status="completed")
    await store.write(lambda session: session.execute(ended).close())
    await files.reap()
    assert there(stored) == set()


async def test_a_start_removes_what_a_crash_left(
    files: Files, store: Store, blobs: Blobs, stored: Settings
) -> None:
    file_id = await add(files)
    batch = await Batches(stored, store, blobs, Accounts(store, stored.accounts)).create(
        "a", file_id, "/v1/completions"
    )
    output, errors = written_by(batch.id)
    for name in ("file-of-nobody", output, errors):
        blobs.path(name).write_bytes(b"a")

    await files.close()
    await files.start()

    assert there(stored) == {file_id, output, errors}


async def test_an_upload_that_breaks_off_leaves_nothing(files: Files, stored: Settings) -> None:
    async def broken() -> None:
        async with files.receive() as incoming:
            await incoming.write(b"content")
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await broken()
    assert there(stored) == set()


async def test_a_row_that_cannot_be_stored_leaves_nothing(
    files: Files, store: Store, stored: Settings
) -> None:
    await store.close()
    assert await refused(add(files)) == "storage_unavailable"
    assert there(stored) == set()
    await store.open()
