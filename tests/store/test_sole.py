"""One server for one database: a second one is told so, and comes in when the first has gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from jimae.errors import JimaeError
from jimae.settings import Settings
from jimae.store import database, sole
from jimae.store.sole import sole_server


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sole, "PATIENCE_SECONDS", 0.2)


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"data_dir": tmp_path / "elsewhere"})


def test_a_second_server_is_told(stored: Settings) -> None:
    for _ in range(2):
        with sole_server(stored):
            with pytest.raises(JimaeError) as refused, sole_server(stored):
                pass
            assert refused.value.code == "data_dir_served"
            assert str(stored.data_dir) in refused.value.message("ja")


def test_another_machine_with_the_same_database_is_told(stored: Settings, tmp_path: Path) -> None:
    other = elsewhere(stored, tmp_path)
    shared = not database.is_sqlite(database.url_of(stored))
    with sole_server(stored):
        if shared:
            with pytest.raises(JimaeError) as refused, sole_server(other):
                pass
            assert refused.value.code == "database_served"
            assert "127.0.0.1" in refused.value.message()
        else:
            with sole_server(other):
                pass
    with sole_server(other):
        pass


async def test_a_lost_connection_is_taken_again(
    stored: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sole, "WATCH_SECONDS", 0.05)
    with sole_server(stored) as held:
        if held is None:
            assert database.is_sqlite(database.url_of(stored))
            return
        url = database.url_of(stored)
        engine = database.postgresql_engine(url, size=1)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks "
                    "WHERE locktype = 'advisory' AND granted AND database = "
                    "(SELECT oid FROM pg_database WHERE datname = current_database())"
                )
            )
        engine.dispose()
        watching = asyncio.create_task(held.watch())
        await asyncio.sleep(1)
        watching.cancel()
        other = elsewhere(stored, tmp_path)
        with pytest.raises(JimaeError, match="serves this database"), sole_server(other):
            pass
