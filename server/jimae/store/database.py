"""Connections: where the database is, how its transactions begin, what its failures mean."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from jimae.errors import JimaeError
from jimae.settings import Settings

FILE_NAME: Final = "jimae.db"
BUSY_SECONDS: Final = 10.0
CONNECT_SECONDS: Final = 10
POSTGRESQL: Final = ("postgresql", "postgres", "postgresql+psycopg")
POSTGRESQL_PORT: Final = 5432
# Who is the first to open a database makes the file `-shm`, for which a full disk has no room.
NO_ROOM_TO_OPEN: Final = sqlite3.SQLITE_IOERR_SHMSIZE
# https://www.postgresql.org/docs/current/errcodes-appendix.html
PG_DISK_FULL: Final = "53100"
# Somebody else's transaction came first: it added the same row, took away one that is referred
# to, or waits for this one. SQLite lets nobody else write meanwhile, so that there these would be
# mistakes of ours.
PG_AT_ONCE: Final = frozenset(("23503", "23505", "40001", "40P01"))


def url_of(settings: Settings) -> URL:
    """The database that these settings name. Raises `database_url`, without its password."""
    if settings.database.url is None:
        return URL.create("sqlite", database=str(settings.data_dir / FILE_NAME))
    try:
        url = make_url(settings.database.url.get_secret_value())
    except (ArgumentError, ValueError):
        raise JimaeError("database_url") from None
    host = url.host or url.query.get("host")
    if url.drivername not in POSTGRESQL or not isinstance(host, str) or not url.database:
        raise JimaeError("database_url")
    return url.set(drivername="postgresql+psycopg")


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def place_of(url: URL) -> str:
    """Whose disk it is: the directory of the file, or the other server's."""
    return str(Path(url.database or FILE_NAME).parent) if is_sqlite(url) else "PostgreSQL"


def sqlite_engine(url: URL, *, write: bool, size: int, foreign_keys: bool = True) -> Engine:
    """Connections to a file that only its owner may read.

    A transaction that may write takes the lock as it begins (BEGIN IMMEDIATE), so it
    waits its turn there and never fails half-way for having read before it wrote.
    """
    _make_private(Path(url.database or FILE_NAME))
    engine = create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    def connected(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        # Or the driver would begin transactions of its own kind.
        connection.isolation_level = None
        _keep_log(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        # What is deleted is gone from the file, too.
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")

    def begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _keep_log(connection: sqlite3.Connection) -> None:
    """While another process writes the first of a new file, SQLite refuses this without waiting."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def keeps_log(engine: Engine) -> bool:
    """Whether what was deleted stays in a file beside the database until that is emptied."""
    return engine.dialect.name == "sqlite"


def empty_log(engine: Engine) -> None:
    """Move everything from the log into the file, and cut the log to nothing.

    Waits for readers as any transaction does; one that stays longer leaves it to the next time.
    """
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def postgresql_engine(url: URL, *, size: int) -> Engine:
    """Connections to the server that the URL names, and to no other.

    What a URL leaves out, libpq takes from PG* variables and from Kerberos: neither may
    choose where this process connects to.
    """
    named: dict[str, object] = {
        "hostaddr": url.query.get("hostaddr", ""),
        "port": url.port or url.query.get("port", POSTGRESQL_PORT),
        "gssencmode": url.query.get("gssencmode", "disable"),
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "jimae",
    }
    return create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args=named,
    )


def explained(error: Exception, place: str) -> JimaeError | None:
    """`storage_full` or `storage_unavailable` for what the machine or the server did to a
    transaction, which was not committed, `changed_at_once` for what another one did; None for
    what a program did wrong."""
    if isinstance(error, PoolTimeout):
        return JimaeError("storage_unavailable", reason="every connection is in use")
    if isinstance(error, StaleDataError):
        return JimaeError("changed_at_once", retry_after=1)
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _explained(error.orig, place)
    return None


def _explained(error: BaseException, place: str) -> JimaeError | None:
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
        extended = getattr(error, "sqlite_errorcode", 0)
        # The low byte: the rest tells which operation it was.
        code = extended & 0xFF
        if code == sqlite3.SQLITE_FULL or extended == NO_ROOM_TO_OPEN:
            return JimaeError("storage_full", place=place)
        machine = (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
            sqlite3.SQLITE_IOERR,
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_PERM,
        )
        return JimaeError("storage_unavailable", reason=reason) if code in machine else None
    if isinstance(error, psycopg.Error) and error.sqlstate in PG_AT_ONCE:
        return JimaeError("changed_at_once", retry_after=1)
    if isinstance(error, psycopg.OperationalError):
        if error.sqlstate == PG_DISK_FULL:
            return JimaeError("storage_full", place=place)
        return JimaeError("storage_unavailable", reason=reason)
    return None


def _make_private(path: Path) -> None:
    """Make the file before SQLite does, whose files beside it take over its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
