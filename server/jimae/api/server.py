"""Listening: a socket of our own, and a stop that lets answers end.

The first SIGTERM or SIGINT takes no new requests and waits for running answers
up to `server.drain_seconds`; then, or at a second signal, each that still runs
gets an error as its last event.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import math
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final

import uvicorn

from jimae.api.app import create_app
from jimae.api.guard import is_loopback
from jimae.api.logs import config as log_config
from jimae.errors import JimaeError
from jimae.service.accounts.people import is_admin_there
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.store.sole import Sole, sole_server
from jimae.store.store import Store

log = logging.getLogger(__name__)

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
KEEP_ALIVE_SECONDS: Final = 75
BACKLOG: Final = 2048
# How long the last events of ended answers may take to be written. Each is told once its record is
# on the disk, one after the other: of many answers on a busy machine that is not done at once.
LAST_WORDS_SECONDS: Final = 5.0

OnStarted = Callable[[str], Coroutine[Any, Any, None]]


def listen(host: str, port: int) -> socket.socket:
    """A listening socket of this machine.

    Raises `host_not_address`, `port_in_use` or `cannot_listen`.
    """
    address = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise JimaeError("host_not_address", host=host) from None
    family = socket.AF_INET6 if version == 6 else socket.AF_INET
    # asyncio sends at once on sockets that name their protocol. On others, what is written in two
    # pieces, as every answer is, waits for the other side's acknowledgement: for 40 ms on Linux.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            raise JimaeError("port_in_use", host=address, port=port, other=other) from None
        reason = error.strerror or str(error)
        raise JimaeError("cannot_listen", host=address, port=port, reason=reason) from None
    return listener


async def check_open(settings: Settings) -> None:
    """Raises `host_not_loopback` if others could reach a server that nobody looks after, and what
    opening the store raises."""
    if is_loopback(settings.server.host):
        return
    store = Store(settings)
    await store.open()
    try:
        looked_after = await store.read(is_admin_there)
    finally:
        await store.close()
    if not looked_after:
        raise JimaeError("host_not_loopback", host=settings.server.host, port=settings.server.port)


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(settings: Settings, service: Service, on_started: OnStarted) -> None:
    """Serve until a signal. `on_started` runs beside the server once it listens.

    Raises what `check_open`, `listen`, `sole_server` and `Service.start` raise.
    """
    asyncio.run(check_open(settings))
    listener = listen(settings.server.host, settings.server.port)
    config = uvicorn.Config(
        create_app(settings, service),
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=log_config(settings.log.level),
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=math.ceil(settings.server.drain_seconds + LAST_WORDS_SECONDS),
    )
    server = Server(config, service)

    async def serve(sole: Sole | None) -> None:
        # Before the server does: a model that cannot be loaded stops the start with its reason.
        await service.start()
        try:
            async with asyncio.TaskGroup() as tasks:
                beside = [tasks.create_task(on_started(url_of(listener)))]
                if sole is not None:
                    beside.append(tasks.create_task(sole.watch()))
                await server.serve([listener])
                for task in beside:
                    task.cancel()
        finally:
            await service.close()

    with (
        listener,
        sole_server(settings) as sole,
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        runner.run(serve(sole))


class Server(uvicorn.Server):
    """uvicorn with our way to stop."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._runs = service.runs
        self._drain_seconds = service.settings.server.drain_seconds

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._on_signal)
        try:
            yield
        finally:
            for number in SIGNALS:
                loop.remove_signal_handler(number)

    def _on_signal(self) -> None:
        loop = asyncio.get_running_loop()
        if self.should_exit:
            log.warning("stopping now")
            self._end()
            return
        self.should_exit = True
        self._runs.refuse()
        if self._runs.active:
            log.warning(
                "stopping: waiting up to %g s for %d answers; a second signal ends them",
                self._drain_seconds,
                self._runs.active,
            )
        loop.call_later(self._drain_seconds, self._end)

    def _end(self) -> None:
        self._runs.end()
        # A client that does not read cannot hold the stop up.
        asyncio.get_running_loop().call_later(LAST_WORDS_SECONDS, self._force)

    def _force(self) -> None:
        self.force_exit = True
