"""A client that leaves frees its generation at once, against a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import pytest

from fakes.backend import FakeBackend, forever
from fakes.serving import Served
from fakes.waiting import until
from jimae.types import Queued, Started

TIMES = 200
AT_ONCE = 20


def request(*, stream: bool, n: int = 1) -> bytes:
    body = json.dumps(
        {
            "model": "fake",
            "messages": [{"role": "user", "content": "話して"}],
            "stream": stream,
            "n": n,
        }
    ).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def reset(writer: asyncio.StreamWriter) -> None:
    """Leave with a TCP reset, as a killed client does."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def leave(served: Served, sent: bytes, *, read_until: bytes | None, wait: float = 0) -> None:
    reader, writer = await asyncio.open_connection(served.host, served.port)
    writer.write(sent)
    await writer.drain()
    if read_until is not None:
        await reader.readuntil(read_until)
    await asyncio.sleep(wait)
    await reset(writer)


async def many(served: Served, sent: bytes, *, read_until: bytes | None, wait: float = 0) -> None:
    for _ in range(TIMES // AT_ONCE):
        await asyncio.gather(
            *(leave(served, sent, read_until=read_until, wait=wait) for _ in range(AT_ONCE))
        )


async def freed(backend: FakeBackend) -> None:
    await until(lambda: backend.active == 0)
    assert backend.started == backend.cancelled


@pytest.mark.parametrize("stream", [True, False])
async def test_leaving_before_the_first_byte(
    served: Served, backend: FakeBackend, stream: bool
) -> None:
    backend.default = [asyncio.Event()]
    # From "at once" to "after the generation began", which is after its record was written.
    for wait in (0, 0.02, 0.4):
        await many(served, request(stream=stream), read_until=None, wait=wait)
    assert backend.started > TIMES / 2
    await freed(backend)


async def test_leaving_in_the_middle_of_a_stream(served: Served, backend: FakeBackend) -> None:
    backend.default = forever()
    await many(served, request(stream=True), read_until="あ".encode())
    assert backend.started == TIMES
    await freed(backend)


async def test_leaving_while_a_whole_answer_is_written(
    served: Served, backend: FakeBackend
) -> None:
    backend.default = forever()
    for count in range(AT_ONCE, TIMES + 1, AT_ONCE):
        clients = [await asyncio.open_connection(served.host, served.port) for _ in range(AT_ONCE)]
        for _, writer in clients:
            writer.write(request(stream=False))
        await until(lambda count=count: backend.started == count)  # type: ignore[misc]
        for _, writer in clients:
            await reset(writer)
    await freed(backend)


async def test_leaving_frees_every_choice(served: Served, backend: FakeBackend) -> None:
    backend.default = forever()
    await leave(served, request(stream=True, n=8), read_until="あ".encode())
    assert backend.started == 8
    await freed(backend)


async def test_leaving_the_queue(served: Served, backend: FakeBackend) -> None:
    backend.default = [Queued(3, 4.0), asyncio.Event(), Started(7, 0)]
    await leave(served, request(stream=True), read_until=b": queued position=3 seconds=4\n")
    await freed(backend)


async def test_leaving_is_noticed_within_one_step(served: Served, backend: FakeBackend) -> None:
    backend.default = forever(delay=0.02)
    await leave(served, request(stream=True), read_until="あ".encode())
    await until(lambda: backend.active == 0, seconds=0.2)


async def test_leaving_before_the_body_is_there(served: Served, backend: FakeBackend) -> None:
    await leave(served, request(stream=True)[:-5], read_until=None, wait=0.02)
    await asyncio.sleep(0.05)
    assert backend.started == 0
