"""Commands that work on the database itself, whether the server runs or not."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.orm import Session

from jimae.cli.console import DATA_HELP
from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.settings import Settings, load
from jimae.store import database
from jimae.store.store import Store

T = TypeVar("T")

DataDir = Annotated[Path | None, typer.Option("--data-dir", help=DATA_HELP, show_default=False)]
"""The option of every such command."""


def terminal() -> Caller:
    """Who sits at this machine, as the record knows them: they may do what an administrator may."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        name = "unknown"
    return Caller(id="terminal", name=name, role="admin", via="terminal")


def settings_of(data_dir: Path | None) -> Settings:
    return load(overrides={"data_dir": data_dir})


@asynccontextmanager
async def opened(settings: Settings, *, begins: bool = False) -> AsyncIterator[Store]:
    """The store of a data directory; a new one only for a command that `begins` one: a slip in
    `--data-dir` would make an empty log, and call it whole.

    Raises `data_dir_empty` and what `Store.open` raises.
    """
    kept_here = database.is_sqlite(database.url_of(settings))
    if kept_here and not begins and not (settings.data_dir / database.FILE_NAME).exists():
        raise JimaeError("data_dir_empty", path=str(settings.data_dir))
    store = Store(settings)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


def transact(
    settings: Settings,
    transaction: Callable[[Session], T],
    *,
    erases: bool = False,
    begins: bool = False,
) -> T:
    """The result of one transaction, once it is committed; of what it `erases` nothing is left
    in the files. Raises what `opened` and `Store.write` raise."""

    async def run() -> T:
        async with opened(settings, begins=begins) as store:
            return await (store.erase if erases else store.write)(transaction)

    return asyncio.run(run())
