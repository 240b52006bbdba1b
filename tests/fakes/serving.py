"""The application on a real socket, in the loop of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from jimae.api.app import create_app
from jimae.api.server import listen
from jimae.service.service import Service
from jimae.settings import Settings


@dataclass
class Served:
    """A real server on loopback."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@asynccontextmanager
async def serving(
    settings: Settings, service: Service, *, port: int = 0, prefix: str = ""
) -> AsyncIterator[Served]:
    """Serve until the end of the block; port 0 takes a free one.

    With a prefix the server stands as behind a reverse proxy that gives it a folder.
    """
    app = _below(prefix, create_app(settings, service))
    config = uvicorn.Config(app, log_config=None, lifespan="on", ws="none", access_log=False)
    server = uvicorn.Server(config)
    listener = listen("127.0.0.1", port)
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.005)
        if task.done():
            task.result()
    try:
        yield Served("127.0.0.1", listener.getsockname()[1])
    finally:
        # As a signal does it: what would go on for ever ends.
        service.runs.refuse()
        server.should_exit = True
        await task
        listener.close()


def _below(prefix: str, app: ASGIApp) -> ASGIApp:
    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = (
                scope["path"].removeprefix(prefix) if scope["path"].startswith(prefix) else "/404"
            )
            scope = {**scope, "path": path, "raw_path": path.encode()}
        await app(scope, receive, send)

    return below if prefix else app
