"""Migrations: from every earlier schema to this one, once, without losing a row."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import JSON, Connection, MetaData, Table, text

from fakes.postgresql import Cluster
from jimae.errors import JimaeError
from jimae.settings import DatabaseSettings, Settings
from jimae.store import migrate
from jimae.store.database import url_of
from jimae.store.store import Store
from jimae.store.tables import Base

REVISIONS = migrate.revisions()


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(bare: Settings, request: pytest.FixtureRequest) -> Settings:
    """Each kind of database, without any table."""
    if request.param == "sqlite":
        return bare
    running: Cluster = request.getfixturevalue("postgresql")
    database = DatabaseSettings(url=SecretStr(running.create()))
    return bare.model_copy(update={"database": database})


def stands_everywhere(name: str | None, *_: object) -> bool:
    """Not a full-text index, of which every database has its own kind."""
    return name is None or not name.startswith("fts_")


def value(column: Any, row: int) -> object:
    """Something that fits a column; every row refers to itself where it refers."""
    if column.foreign_keys or column.primary_key:
        return f"row{row}"
    kind: type = column.type.python_type
    if isinstance(column.type, JSON):
        return {"行": row}
    return kind(row) if kind is not str else f"行{row}"[: column.type.length]


def fill(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Put rows into every table there is, and return them by table."""
    metadata = MetaData()
    metadata.reflect(connection, only=stands_everywhere)
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            rows = [{c.name: value(c, row) for c in table.columns} for row in range(3)]
            connection.execute(table.insert(), rows)
    return {table.name: rows_of(connection, table) for table in metadata.sorted_tables}


def rows_of(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(table.select())]


@pytest.mark.parametrize("revision", REVISIONS)
async def test_from_every_earlier_schema(stored: Settings, revision: str) -> None:
    url = url_of(stored)
    migrate.upgrade(url, revision)
    engine = migrate.engine_of(url)
    with engine.begin() as connection:
        before = fill(connection)

    store = Store(stored)
    await store.open()
    await store.close()

    metadata = MetaData()
    with engine.begin() as connection:
        metadata.reflect(connection, only=stands_everywhere)
        for name, rows in before.items():
            if name != "alembic_version":
                assert len(rows_of(connection, metadata.tables[name])) == len(rows), name
        context = MigrationContext.configure(connection, opts={"include_name": stands_everywhere})
        assert context.get_current_revision() == REVISIONS[-1]
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


async def test_the_log_knows_of_sign_ins_before(stored: Settings) -> None:
    url = url_of(stored)
    migrate.upgrade(url, "0010")
    engine = migrate.engine_of(url)
    metadata = MetaData()
    with engine.begin() as connection:
        fill(connection)
        metadata.reflect(connection, only=["audit_records"])
        records = metadata.tables["audit_records"]
        own = {"owner": "row1", "act": "session.begin"}
        for row in (0, 1):
            told = {**own, "created_at": 50.0 + row}
            connection.execute(records.update().where(records.c.id == f"row{row}").values(told))
    migrate.upgrade(url)
    accounts = Base.metadata.tables["accounts"]
    with engine.begin() as connection:
        rows = connection.execute(accounts.select()).mappings()
        found = {row["id"]: row["last_sign_in_at"] for row in rows}
    engine.dispose()
    assert found == {"row0": None, "row1": 51.0, "row2": None}


async def test_starting_twice_changes_nothing(stored: Settings) -> None:
    url = url_of(stored)
    migrate.upgrade(url)
    row = {"id": "conv_1", "owner": "a", "created_at": 1.0, "head_id": None, "busy_with": None}
    conversations = Base.metadata.tables["conversations"]
    engine = migrate.engine_of(url)
    with engine.begin() as connection:
        connection.execute(conversations.insert().values(**row, metadata={"組": "総務"}))
    migrate.upgrade(url)
    with engine.begin() as connection:
        (kept,) = connection.execute(conversations.select()).mappings()
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()
    assert dict(kept) == {**row, "metadata": {"組": "総務"}}
    assert revision == REVISIONS[-1]


async def test_a_later_schema_is_left_alone(stored: Settings) -> None:
    url = url_of(stored)
    migrate.upgrade(url)
    engine = migrate.engine_of(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'zzzz'"))
    with pytest.raises(JimaeError, match="zzzz") as caught:
        await Store(stored).open()
    assert caught.value.code == "database_newer"
    engine.dispose()


async def test_a_migration_that_fails_leaves_nothing(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Connection) -> None:
        raise RuntimeError("in the middle")

    url = url_of(stored)
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_check_references", fail)
        with pytest.raises(RuntimeError, match="in the middle"):
            migrate.upgrade(url)
    engine = migrate.engine_of(url)
    with engine.begin() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        assert list(metadata.tables) == []
    engine.dispose()


async def test_who_comes_while_another_migrates_waits(stored: Settings) -> None:
    url = url_of(stored)
    engine = migrate.engine_of(url)
    with engine.begin() as connection:
        migrate._lock(connection)
        waiting = asyncio.create_task(asyncio.to_thread(migrate.upgrade, url))
        await asyncio.sleep(0.5)
        assert not waiting.done()
    await waiting
    engine.dispose()


PROGRAM = """
import sys
from sqlalchemy import make_url
from jimae.store.migrate import upgrade
upgrade(make_url(sys.stdin.read()))
"""


async def test_servers_that_start_at_once_wait_for_each_other(
    stored: Settings, tmp_path: Path
) -> None:
    address = url_of(stored).render_as_string(hide_password=False).encode()
    root = Path(__file__).parents[2] / "server"

    async def start() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM),
            env={"PYTHONPATH": str(root), "PATH": ""},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        _, said = await process.communicate(address)
        return process.returncode, said

    assert await asyncio.gather(*(start() for _ in range(2))) == [(0, b"")] * 2
