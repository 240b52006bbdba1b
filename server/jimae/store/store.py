"""The store: transactions for a server that must not wait for a disk in its event loop.

SQLAlchemy's sync engine in a few threads of its own, rather than its asyncio one: that
one runs SQLite in threads all the same, and a transaction that is one plain function
cannot be left open across an `await`, nor be cancelled half-way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Engine, Select, text
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.settings import Settings
from jimae.store import database, migrate

T = TypeVar("T")
R = TypeVar("R")
Transaction = Callable[[Session], T]

THREADS: Final = 4
ANSWER_SECONDS: Final = 2.0

WRITES: Final = "writes"
"""Key of a session's `info`: whether its transaction may change anything."""


class Engines(NamedTuple):
    """How each kind of transaction reaches the database."""

    look_up: Engine
    read: Engine
    write: Engine


class Store:
    """One database.

    A transaction is a function of a session; what it returns must not need the session
    any more. `write` returns after the commit: what it was given is then on the disk.
    If the function raises, nothing of it is kept. Both raise what the function raises,
    `storage_full` and `storage_unavailable`, after which the next may succeed: nothing
    has to be restarted.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engines: Engines | None = None
        self._place = ""
        self._readers: ThreadPoolExecutor | None = None
        self._writers: ThreadPoolExecutor | None = None

    @property
    def is_open(self) -> bool:
        return self._engines is not None

    async def open(self) -> None:
        """Connect and bring the tables up to date; again, nothing.

        Raises `database_url`, `database_newer`, `storage_full`, `storage_unavailable`.
        """
        if self.is_open:
            return
        url = database.url_of(self._settings)
        self._place = database.place_of(url)
        await asyncio.to_thread(self._run, partial(migrate.upgrade, url))
        if database.is_sqlite(url):
            # SQLite has one writer at a time: ours wait in order here, not in its busy loop.
            reading = database.sqlite_engine(url, write=False, size=THREADS)
            writing = database.sqlite_engine(url, write=True, size=1)
            self._engines = Engines(reading, reading, writing)
            self._readers = _threads("read", THREADS)
            self._writers = _threads("write", 1)
        else:
            engine = database.postgresql_engine(url, size=THREADS)
            self._engines = Engines(
                look_up=engine.execution_options(isolation_level="AUTOCOMMIT"),
                read=engine.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                ),
                write=engine,
            )
            self._readers = self._writers = _threads("store", THREADS)

    async def close(self) -> None:
        """Let every transaction that was begun end, then disconnect."""
        engines, self._engines = self._engines, None
        if engines is None:
            return
        for threads in (self._readers, self._writers):
            if threads is not None:
                await asyncio.to_thread(threads.shutdown)
        for engine in engines:
            engine.dispose()

    async def read(self, transaction: Transaction[T]) -> T:
        """The result of a function that only reads: one consistent view of all tables."""
        return await self._in_thread(self._readers, self._opened().read, False, transaction)

    async def look_up(self, transaction: Transaction[T]) -> T:
        """`read` for what every request asks, in a statement or two: the second may see more.

        PostgreSQL is then asked once, and not also to begin and to end.
        """
        return await self._in_thread(self._readers, self._opened().look_up, False, transaction)

    async def answers(self) -> bool:
        """Whether the database does, within two seconds."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self.look_up(lambda session: session.scalar(text("SELECT 1")))
        except (TimeoutError, JimaeError):
            return False
        return True

    async def write(self, transaction: Transaction[T]) -> T:
        """The result of a function that changes something, once that is committed.

        Who is cancelled while it runs leaves it to run to its end.
        """
        return await self._in_thread(self._writers, self._opened().write, True, transaction)

    async def erase(self, transaction: Transaction[T]) -> T:
        """`write` for what deletes: afterwards it is not in SQLite's log any more, either.
        PostgreSQL overwrites it when it vacuums."""
        done = await self.write(transaction)
        if self._engines is not None and database.keeps_log(self._engines.write):
            empty = partial(self._run, partial(database.empty_log, self._engines.write))
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writers, empty))
        return done

    def _opened(self) -> Engines:
        if self._engines is None:
            raise JimaeError("storage_unavailable", reason="the database is not open")
        return self._engines

    async def _in_thread(
        self,
        threads: ThreadPoolExecutor | None,
        engine: Engine,
        writes: bool,
        transaction: Transaction[T],
    ) -> T:
        work = partial(self._run, partial(_transact, engine, writes, transaction))
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(threads, work))

    def _run(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except Exception as error:
            told = database.explained(error, self._place)
            if told is None:
                raise
            raise told from error


def locked(session: Session, rows: Select[R]) -> Select[R]:
    """Lock what is selected until the end of a `write`, where the database locks rows.

    A `read` takes no locks: it sees one moment, and changes nothing.
    """
    return rows.with_for_update() if session.info[WRITES] else rows


def _transact(engine: Engine, writes: bool, transaction: Transaction[T]) -> T:
    with (
        Session(engine, expire_on_commit=False, info={WRITES: writes}) as session,
        session.begin(),
    ):
        return transaction(session)


def _threads(name: str, count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix=f"jimae-{name}")
