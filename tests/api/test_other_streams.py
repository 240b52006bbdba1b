"""Streams of the APIs beside OpenAI's: who leaves frees the model at once, and what was written
is sent before more is."""

from __future__ import annotations

import asyncio
import json

import pytest

from fakes.backend import FakeBackend, done, forever
from fakes.serving import Served
from fakes.waiting import until
from jimae.types import Delta, Started

MESSAGES = [{"role": "user", "content": "話して"}]
PATHS = ["/v1/messages", "/api/chat", "/v1/chat/completions"]


def request(path: str, *, stream: bool = True) -> bytes:
    asked = {"model": "fake", "messages": MESSAGES, "stream": stream}
    if path == "/v1/messages":
        asked["max_tokens"] = 4000
    body = json.dumps(asked).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("stream", [True, False])
async def test_leaving_frees_the_model(
    served: Served, backend: FakeBackend, path: str, stream: bool
) -> None:
    backend.default = forever()
    for _ in range(20):
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(request(path, stream=stream))
        if stream:
            await reader.readuntil("あ".encode())
        else:
            await until(lambda: backend.active == 1)
        writer.transport.abort()
        await until(lambda: backend.active == 0)
    assert backend.started == backend.cancelled == 20


@pytest.mark.parametrize("path", PATHS)
async def test_leaving_before_the_first_event(
    served: Served, backend: FakeBackend, path: str
) -> None:
    backend.default = [asyncio.Event()]
    _, writer = await asyncio.open_connection(served.host, served.port)
    writer.write(request(path))
    await until(lambda: backend.active == 1)
    writer.transport.abort()
    await until(lambda: backend.active == 0)
    assert backend.cancelled == 1


@pytest.mark.parametrize("path", PATHS)
async def test_each_piece_is_sent_before_the_next_is_written(
    served: Served, backend: FakeBackend, path: str
) -> None:
    pieces = "一二三四五"
    gates = [asyncio.Event() for _ in pieces]
    steps = [(gate, Delta(piece, (1,))) for gate, piece in zip(gates, pieces, strict=True)]
    backend.play(Started(7, 0), *(step for pair in steps for step in pair), done(5))
    reader, writer = await asyncio.open_connection(served.host, served.port)
    writer.write(request(path))
    for gate, piece in zip(gates, pieces, strict=True):
        # The next piece does not exist before this one was read.
        gate.set()
        async with asyncio.timeout(10):
            await reader.readuntil(piece.encode())
    writer.close()
    await writer.wait_closed()
