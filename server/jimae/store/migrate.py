"""Bringing the tables up to date when the server starts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, text

from jimae.errors import JimaeError
from jimae.store import database

SCRIPTS: Final = Path(__file__).parent / "migrations"
# Any number: whoever migrates this database takes the same one.
LOCK: Final = 0x6A696D6165


def upgrade(url: URL, revision: str = "head") -> None:
    """Run the migrations that this database has not had, in one transaction: all or none.

    Servers that start at the same time wait for each other. Raises `database_newer` if a
    later version of jimae has migrated it already.
    """
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            _lock(connection)
            # Most starts find everything done: Alembic then need not be asked.
            if _current(connection) != revisions()[-1]:
                command.upgrade(config(connection), revision)
                _check_references(connection)
    finally:
        engine.dispose()


def engine_of(url: URL) -> Engine:
    """An engine for migrating: SQLite rebuilds tables, so references are checked afterwards."""
    if database.is_sqlite(url):
        return database.sqlite_engine(url, write=True, size=1, foreign_keys=False)
    return database.postgresql_engine(url, size=1)


def config(connection: Connection | None = None) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


@cache
def revisions() -> tuple[str, ...]:
    """Every revision there is, the first one first."""
    scripts = ScriptDirectory.from_config(config())
    return tuple(script.revision for script in scripts.walk_revisions())[::-1]


def _lock(connection: Connection) -> None:
    # SQLite's transaction began with the lock.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _current(connection: Connection) -> str | None:
    here = MigrationContext.configure(connection).get_current_revision()
    if here is not None and here not in revisions():
        raise JimaeError("database_newer", revision=here)
    return here


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise RuntimeError(f"a migration broke a reference: {broken}")
