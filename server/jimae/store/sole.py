"""One serving process for one database and one data directory.

Tokens that were spent, answers at once, the turn of a batch: a server counts them in memory, and
a second one beside it would not know of them. So it is not let in: not here, where a lock on a
file ends with the process, nor on another machine, where one of PostgreSQL's ends with its
connection. Commands at the terminal need no lock: they count nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from jimae.errors import JimaeError
from jimae.settings import Settings
from jimae.store import database
from jimae.store.blobs import told

log = logging.getLogger(__name__)

FILE: Final = "serving.lock"
# Any number: whoever serves this database takes the same one.
LOCK: Final = 0x6A696D6166
# PostgreSQL may take a moment to see that a server that was killed is gone.
PATIENCE_SECONDS: Final = 3.0
WATCH_SECONDS: Final = 5.0

_TAKE: Final = text("SELECT pg_try_advisory_lock(:key)")
_HOLDER: Final = text(
    "SELECT coalesce(host(client_addr), 'this machine') FROM pg_locks "
    "JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted "
    "AND (classid::bigint << 32) | objid::bigint = :key "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@contextmanager
def sole_server(settings: Settings) -> Iterator[Sole | None]:
    """Be the only server; with PostgreSQL, what sees to it that this stays so.

    Raises `data_dir_served`, `database_served`, `database_url`, `storage_full`,
    `storage_unavailable`.
    """
    with _alone_in(settings.data_dir):
        url = database.url_of(settings)
        if database.is_sqlite(url):
            yield None
            return
        sole = Sole(database.postgresql_engine(url, size=1))
        try:
            sole.take(PATIENCE_SECONDS)
            yield sole
        finally:
            sole.close()


class Sole:
    """The lock of one database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def take(self, patience: float) -> None:
        """Raises `database_served` if another server has it so many seconds long."""
        until = time.monotonic() + patience
        connection = _connected(self._engine).execution_options(isolation_level="AUTOCOMMIT")
        try:
            while not connection.scalar(_TAKE, {"key": LOCK}):
                if time.monotonic() > until:
                    holder = connection.scalar(_HOLDER, {"key": LOCK})
                    raise JimaeError("database_served", host=holder or "?")
                time.sleep(0.1)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    async def watch(self) -> None:
        """Take the lock again whenever its connection was lost, as when PostgreSQL restarts."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await asyncio.to_thread(self.see_to_it)
            except JimaeError as error:
                log.error("%s", error)

    def see_to_it(self) -> None:
        """Raises what `take` raises, if the connection was lost."""
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
                return
            except DBAPIError:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
        self.take(0.0)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    # Without a buffer: what a full disk refuses is not tried again when the file is closed.
    with (data_dir / FILE).open("a+b", buffering=0) as lock:
        (data_dir / FILE).chmod(0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read(20).decode(errors="replace").strip() or "?"
            raise JimaeError("data_dir_served", path=str(data_dir), pid=pid) from None
        with told(data_dir):
            lock.truncate(0)
            lock.write(str(os.getpid()).encode())
        yield


def _connected(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except Exception as error:
        meant = database.explained(error, database.place_of(engine.url))
        if meant is None:
            raise
        raise meant from error
