"""A small HTTP server that speaks the streaming API on a known schedule.

Its tokens are words: a prompt has as many as its messages have words, plus
`OVERHEAD` for each message, and it answers "w " as often as it is asked to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

OVERHEAD = 5


@dataclass
class Stub:
    """What the server does, and what it saw."""

    refuses: tuple[str, ...] = ()
    short_by: int = 0
    fails_at: int | None = None
    endless: bool = False
    port: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    left: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def serving(stub: Stub) -> AsyncIterator[Stub]:
    answers: set[asyncio.Future[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done = asyncio.get_running_loop().create_future()
        answers.add(done)
        try:
            await _answer(stub, reader, writer)
        except ConnectionError:
            stub.left += 1
        finally:
            writer.close()
            done.set_result(None)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    stub.port = server.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        server.close()
        await asyncio.gather(*answers)


async def _answer(stub: Stub, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    method, path, _ = head.split(" ", 2)
    if method == "GET":
        documents: dict[str, Any] = {
            "/v1/models": {"data": [{"id": "m", "sha256": "abc"}]},
            "/slots": [{"is_processing": stub.at_once > 0}],
        }
        found = path in documents
        await _whole(writer, 200 if found else 404, documents.get(path, {}))
        return
    length = int(head.lower().split("content-length:")[1].split("\r\n")[0])
    body = json.loads(await reader.readexactly(length))
    stub.bodies.append(body)
    for name in stub.refuses:
        if name in body:
            await _whole(writer, 400, {"error": {"message": f"unknown parameter {name}"}})
            return
    prompt = sum(len(m["content"].split()) + OVERHEAD for m in body["messages"])
    usage = {"prompt_tokens": prompt, "completion_tokens": body["max_tokens"] - stub.short_by}
    if not body["stream"]:
        await _whole(writer, 200, {"usage": usage})
        return
    stub.at_once += 1
    stub.most_at_once = max(stub.at_once, stub.most_at_once)
    try:
        await _stream(stub, body, usage, writer)
    finally:
        stub.at_once -= 1


async def _stream(
    stub: Stub, body: dict[str, Any], usage: dict[str, int], writer: asyncio.StreamWriter
) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    await _event(writer, {"choices": [{"delta": {"role": "assistant", "content": None}}]})
    count = 0
    while count < usage["completion_tokens"] or (stub.endless and body["max_tokens"] > 1000):
        if count == stub.fails_at:
            await _event(writer, {"error": {"message": "the model is gone"}})
            return
        await _event(writer, {"choices": [{"delta": {"content": "w "}}]})
        count += 1
        await asyncio.sleep(0.001)
    await _event(writer, {"choices": [{"delta": {}, "finish_reason": "length"}]})
    if body.get("stream_options", {}).get("include_usage"):
        await _event(writer, {"choices": [], "usage": usage})
    writer.write(b": a comment\r\n\r\ndata: [DONE]\r\n\r\n")
    await writer.drain()


async def _event(writer: asyncio.StreamWriter, data: dict[str, Any]) -> None:
    writer.write(f"data: {json.dumps(data)}\r\n\r\n".encode())
    await writer.drain()


async def _whole(writer: asyncio.StreamWriter, status: int, data: object) -> None:
    content = json.dumps(data).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + content)
    await writer.drain()
