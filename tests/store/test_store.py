"""Transactions: what is acknowledged is kept, and what fails is told of as what it is."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from fakes.postgresql import Cluster
from jimae.errors import JimaeError
from jimae.settings import DatabaseSettings, Settings
from jimae.store import database
from jimae.store.store import Store
from jimae.store.tables import Item


def item(name: str, **changes: object) -> Item:
    values: dict[str, object] = {
        "id": name,
        "owner": "local",
        "created_at": 1.5,
        "parent_id": None,
        "kind": "message",
        "role": "user",
        "status": "completed",
        "data": {"content": "日本\0😀", "z": 1, "a": 2},
    }
    return Item(**(values | changes))


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Item)) or 0


async def test_what_was_written_is_read_as_it_was(store: Store) -> None:
    await store.write(lambda session: session.add(item("a")))

    read = await store.read(lambda session: session.get_one(Item, "a"))

    assert read.data == {"content": "日本\0😀", "z": 1, "a": 2}
    assert list(read.data) == ["content", "z", "a"]
    assert read.created_at == 1.5


async def test_it_is_there_after_a_restart(store: Store, stored: Settings) -> None:
    await store.write(lambda session: session.add(item("a")))
    await store.close()

    again = Store(stored)
    await again.open()
    assert await again.read(count) == 1
    await again.close()


async def test_nothing_is_kept_of_a_transaction_that_fails(store: Store) -> None:
    def fail(session: Session) -> None:
        session.add(item("a"))
        session.flush()
        raise JimaeError("not_found", method="GET", path="/")

    with pytest.raises(JimaeError, match="GET"):
        await store.write(fail)
    assert await store.read(count) == 0


async def test_who_is_cancelled_leaves_a_whole_transaction(store: Store) -> None:
    begun = threading.Event()

    def slow(session: Session) -> None:
        session.add(item("a"))
        session.flush()
        begun.set()
        time.sleep(0.1)
        session.add(item("b", parent_id="a"))

    task = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # SQLite's one writer comes to it afterwards; PostgreSQL has to be waited for.
    await asyncio.sleep(0.3)
    assert await store.write(count) == 2


async def test_many_write_at_once(store: Store) -> None:
    async def add(name: str) -> None:
        await store.write(lambda session: session.add(item(name)))

    await asyncio.gather(*(add(f"i{n}") for n in range(100)))
    assert await store.read(count) == 100


async def test_references_are_kept(store: Store) -> None:
    # PostgreSQL's refusal is that of two who write at once: what is pointed at may just have gone.
    with pytest.raises(Exception, match=r"(?i)foreign key|somebody else") as caught:
        await store.write(lambda session: session.add(item("a", parent_id="nothing")))
    # The text of an error goes to a log, where nobody's words belong.
    assert "日本" not in str(caught.value)
    assert "\\u65e5" not in str(caught.value)


async def test_only_a_write_writes(store: Store) -> None:
    # SQLite's refusal is that of a file that may not be written, PostgreSQL's a program's error.
    with pytest.raises((JimaeError, DBAPIError), match=r"(?i)read-?only"):
        await store.read(lambda session: (session.add(item("a")), session.flush()))
    assert await store.look_up(count) == 0


async def test_a_read_sees_one_moment(store: Store) -> None:
    loop = asyncio.get_running_loop()

    def twice(session: Session) -> tuple[int, int]:
        before = count(session)
        added = store.write(lambda other: other.add(item("a")))
        asyncio.run_coroutine_threadsafe(added, loop).result()
        return before, count(session)

    assert await store.read(twice) == (0, 0)
    assert await store.look_up(count) == 1


async def test_a_store_that_is_closed_says_so(stored: Settings) -> None:
    store = Store(stored)
    for _ in range(2):
        with pytest.raises(JimaeError) as caught:
            await store.read(count)
        assert caught.value.code == "storage_unavailable"
        await store.open()
        await store.open()
        await store.close()
        await store.close()


async def test_the_file_is_its_owners_and_safe(settings: Settings) -> None:
    store = Store(settings)
    await store.open()
    await store.write(lambda session: session.add(item("a")))

    files = sorted(settings.data_dir.glob("jimae.db*"))
    assert [file.name for file in files] == ["jimae.db", "jimae.db-shm", "jimae.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    pragmas = ["journal_mode", "synchronous", "foreign_keys", "secure_delete"]
    values = await store.write(
        lambda session: [session.scalar(text(f"PRAGMA {name}")) for name in pragmas]
    )
    assert values == ["wal", 2, 1, 1]
    await store.close()


async def test_a_full_disk_is_no_acknowledgement_and_passes(settings: Settings) -> None:
    store = Store(settings)
    await store.open()

    def limit(pages: int) -> object:
        return store.write(
            lambda session: session.execute(text(f"PRAGMA max_page_count={pages}")).all()
        )

    await limit(1)
    with pytest.raises(JimaeError) as caught:
        await store.write(lambda session: session.add(item("a", data={"content": "x" * 10**6})))
    assert caught.value.code == "storage_full"
    assert caught.value.status == 507
    assert str(settings.data_dir) in caught.value.whole("ja")
    assert await store.read(count) == 0

    await limit(10**6)
    await store.write(lambda session: session.add(item("a")))
    assert await store.read(count) == 1
    await store.close()


async def test_a_file_that_somebody_else_holds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    store = Store(settings)
    await store.open()
    other = sqlite3.connect(settings.data_dir / "jimae.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JimaeError, match="locked") as caught:
        await store.write(lambda session: session.add(item("a")))
    assert caught.value.code == "storage_unavailable"

    other.close()
    await store.write(lambda session: session.add(item("a")))
    await store.close()


def test_a_new_file_that_another_writes_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses at once to change how such a file is kept."""
    path = tmp_path / "new.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE theirs (x)")
    released = threading.Timer(0.5, other.execute, ["COMMIT"])
    released.start()
    engine = database.sqlite_engine(make_url(f"sqlite:///{path}"), write=True, size=1)
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    released.join()
    other.close()
    engine.dispose()


async def test_a_file_that_is_no_database(settings: Settings) -> None:
    (settings.data_dir / "jimae.db").write_bytes(b"not a database" * 100)
    with pytest.raises(JimaeError) as caught:
        await Store(settings).open()
    assert caught.value.code == "storage_unavailable"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://a:secret@127.0.0.1/x",
        "sqlite:////tmp/x.db",
        "postgresql://u:secret@/x",
        "postgresql://u:secret@127.0.0.1",
        "postgresql+asyncpg://u:secret@127.0.0.1/x",
        "postgresql://u:secret@127.0.0.1:no/x",
        "secret",
        "",
    ],
)
async def test_an_address_that_is_none(settings: Settings, url: str) -> None:
    changed = with_url(settings, url)
    with pytest.raises(JimaeError) as caught:
        await Store(changed).open()
    assert caught.value.code == "database_url"
    assert "secret" not in f"{caught.value} {changed!r} {changed.model_dump_json()}"


async def test_a_server_that_is_not_there(settings: Settings) -> None:
    with pytest.raises(JimaeError) as caught:
        await Store(with_url(settings, "postgresql://u:secret@127.0.0.1:1/x")).open()
    assert caught.value.code == "storage_unavailable"
    assert "secret" not in str(caught.value)


def with_url(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"database": DatabaseSettings(url=SecretStr(url))})


async def test_variables_do_not_choose_the_server(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libpq reads from its environment must not lead elsewhere than database.url does."""
    for name, value in {"PGHOSTADDR": "192.0.2.1", "PGHOST": "192.0.2.1", "PGPORT": "1"}.items():
        monkeypatch.setenv(name, value)
    store = Store(stored)
    async with asyncio.timeout(8):
        await store.open()
        await store.write(lambda session: session.add(item("a")))
        assert await store.read(count) == 1
    await store.close()


async def test_a_server_that_comes_back(settings: Settings, postgresql: Cluster) -> None:
    store = Store(with_url(settings, postgresql.create()))
    await store.open()
    await store.write(lambda session: session.add(item("a")))
    postgresql.stop()
    for _ in range(2):
        with pytest.raises(JimaeError) as caught:
            await store.write(lambda session: session.add(item("b")))
        assert caught.value.code == "storage_unavailable"
    assert not await store.answers()
    postgresql.start()
    assert await store.answers()
    await store.write(lambda session: session.add(item("b")))
    assert await store.read(count) == 2
    await store.close()
