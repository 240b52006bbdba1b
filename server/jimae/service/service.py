"""Everything the server does, in one object that the API and the CLI are given."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from jimae.catalogue.registry import load as load_catalogue
from jimae.errors import JimaeError
from jimae.service.chat import Chat
from jimae.service.models import BackendFactory, ModelPool, ModelStatus
from jimae.service.runs import Runs
from jimae.settings import Settings


class Queue(NamedTuple):
    """Requests of all models: being answered, and waiting for their turn."""

    running: int
    waiting: int


class Service:
    """The use cases over one set of settings.

    `start` begins to load the default model; `close` ends every answer and
    every child.
    """

    def __init__(self, settings: Settings, make: BackendFactory) -> None:
        self.settings = settings
        self.models = ModelPool(settings, load_catalogue(settings.data_dir), make)
        self.runs = Runs()
        self.chat = Chat(self.models, self.runs, settings.engine.sharing)

    async def start(self) -> None:
        """Raises what `ModelPool.get` raises for the default model."""
        await self.models.get(self.models.default_id())

    async def close(self) -> None:
        self.runs.end()
        await self.models.close()

    def readiness(self) -> ModelStatus:
        """The model that decides whether the server is ready: the default one."""
        return self.models.status(self.models.default_id())

    async def queue(self) -> Queue:
        counts = await asyncio.gather(
            *(backend.status() for backend in self.models.running()), return_exceptions=True
        )
        running = waiting = 0
        for count in counts:
            # A worker that dies while it is asked has nothing running any more.
            if isinstance(count, JimaeError):
                continue
            if isinstance(count, BaseException):
                raise count
            running += count.running
            waiting += count.waiting
        return Queue(running, waiting)
