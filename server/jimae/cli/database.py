"""Commands that work on the database itself, whether the server runs or not."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.orm import Session

from jimae.cli.console import words
from jimae.service.caller import Caller
from jimae.settings import Settings, load
from jimae.store.store import Store

T = TypeVar("T")

DATA_HELP = words("Where this server keeps everything.", "サーバーのデータがあるディレクトリー。")
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


def transact(settings: Settings, transaction: Callable[[Session], T], *, erases: bool = False) -> T:
    """The result of one transaction, once it is committed; of what it `erases` nothing is left
    in the files. Raises what `Store.write` raises."""

    async def run() -> T:
        store = Store(settings)
        await store.open()
        try:
            return await (store.erase if erases else store.write)(transaction)
        finally:
            await store.close()

    return asyncio.run(run())
