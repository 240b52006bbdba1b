"""Beginnings of prompts that engines keep, in memory and on disk: gone with what they hold.

    <data_dir>/kv/<model>/<mark of the scope>-<random>.kv

KV cells can be turned back into words. So whoever deletes something deletes, too, what engines
kept of theirs; it is read in again where it is needed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.caller import group_scope, key_scope
from jimae.service.models import ModelPool, PrefixKey
from jimae.settings import Settings
from jimae.store.account_tables import ApiKey, Membership
from jimae.store.store import Store
from jimae.types import scope_mark
from jimae.worker import kv_file

FOLDER: Final = "kv"

Forget = Callable[[str], Awaitable[None]]
"""`Prefixes.forget`."""


class Prefixes:
    """What is kept for everybody."""

    def __init__(
        self, settings: Settings, store: Store, models: ModelPool, prefix_key: PrefixKey
    ) -> None:
        self._folder = settings.data_dir / FOLDER
        self._engine = settings.engine
        self._store = store
        self._models = models
        self._prefix_key = prefix_key

    async def tidy(self) -> None:
        """Remove what the settings do not let stay, of models that nobody loads, too: what was
        written with another key or none, or was not used for so long. No worker may run yet."""
        await asyncio.to_thread(self._tidy)

    def _tidy(self) -> None:
        for path in self._folder.glob("*/*"):
            if path.is_file() and not self._may_stay(path):
                path.unlink()

    def _may_stay(self, path: Path) -> bool:
        oldest = time.time() - self._engine.disk_cache_days * 86400
        if not self._engine.disk_cache_mb or path.stat().st_mtime < oldest:
            return False
        return kv_file.is_of(self._prefix_key(path.parent.name), path)

    async def forget(self, owner: str) -> None:
        """Drop everything that may hold words of this account: what it shares with others, too.

        Raises what the store raises. A worker that dies meanwhile has nothing left in memory.
        """
        scopes = await self._store.read(lambda session: scopes_of(session, owner))
        for backend in self._models.running():
            for scope in scopes:
                try:
                    await backend.forget(scope)
                except JimaeError:
                    break
        await asyncio.to_thread(remove, self._folder, scopes)


def scopes_of(session: Session, owner: str) -> list[str]:
    """Every scope that a request of this account can have had, whatever is shared."""
    groups = session.scalars(select(Membership.group_id).where(Membership.owner == owner))
    keys = session.scalars(select(ApiKey.id).where(ApiKey.owner == owner))
    return [owner, "server", *map(group_scope, groups), *map(key_scope, keys)]


def remove(folder: Path, scopes: Iterable[str]) -> None:
    """Delete the files of these scopes, of every model."""
    marks = {scope_mark(scope) for scope in scopes}
    for path in folder.glob("*/*"):
        if path.name.partition("-")[0] in marks:
            path.unlink(missing_ok=True)
