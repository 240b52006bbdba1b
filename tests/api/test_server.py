"""Listening, as far as it can be seen without a server."""

from __future__ import annotations

import asyncio
import socket

from jimae.api.server import listen, url_of


async def test_what_is_written_in_two_pieces_does_not_wait() -> None:
    """asyncio decides by the socket; uvloop, which servers run on, never waits."""
    accepted: asyncio.Queue[int] = asyncio.Queue()

    class Seen(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            connection = transport.get_extra_info("socket")
            accepted.put_nowait(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    with listen("127.0.0.1", 0) as listener:
        server = await asyncio.get_running_loop().create_server(Seen, sock=listener)
        async with server:
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted.get() != 0
            writer.close()
            await writer.wait_closed()


def test_the_address_of_a_listener() -> None:
    with listen("localhost", 0) as listener:
        assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
