"""The application on a real socket, in a thread of its own: for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakes.serving import serving
from jimae.service.models import BackendFactory
from jimae.service.service import Service
from jimae.settings import Settings


@contextmanager
def served_apart(settings: Settings, make: BackendFactory) -> Iterator[str]:
    """The URL of a server, until the end of the block."""
    url = ""
    begun, end = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    async def serve() -> None:
        nonlocal url
        async with serving(settings, Service(settings, make)) as served:
            url = served.url
            begun.set()
            await asyncio.to_thread(end.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # told to whoever waits for the server
            failed.append(error)
        finally:
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    try:
        if url:
            yield url
    finally:
        end.set()
        thread.join()
        if failed:
            raise failed[0]
