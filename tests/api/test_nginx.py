"""Behind a real nginx with its defaults, which buffer: streams arrive piece by piece, and who
leaves frees the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.backend import FakeBackend, Step, done, forever
from fakes.nginx import nginx
from fakes.serving import Served
from fakes.waiting import until
from jimae.types import Delta, Started

MESSAGES = [{"role": "user", "content": "話して"}]
REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": MESSAGES},
    "/v1/completions": {"prompt": "話して", "max_tokens": 4000},
    "/v1/responses": {"input": "話して"},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 4000},
    "/api/chat": {"messages": MESSAGES},
    "/api/generate": {"prompt": "話して"},
}
PIECES = "一二三四五"
HELD_SECONDS = 0.5


@pytest.fixture
async def proxied(tmp_path: Path, served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server behind nginx."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    async with (
        nginx(folder, served) as before,
        httpx.AsyncClient(base_url=before.url, trust_env=False, timeout=10) as client,
    ):
        yield client


def asked(path: str, *, stream: bool) -> dict[str, Any]:
    return {"model": "fake", "stream": stream, **REQUESTS[path]}


def gated(backend: FakeBackend) -> list[asyncio.Event]:
    """Play one answer, of which a piece exists only after its gate was opened."""
    gates = [asyncio.Event() for _ in PIECES]
    steps: list[Step] = [Started(7, 0)]
    for gate, piece in zip(gates, PIECES, strict=True):
        steps += [gate, Delta(piece, (1,))]
    backend.play(*steps, done(len(PIECES)))
    return gates


async def until_told(text: AsyncIterator[str], piece: str) -> None:
    async for part in text:
        if piece in part:
            return
    pytest.fail(f"the stream ended without {piece}")


@pytest.mark.parametrize("path", REQUESTS)
async def test_each_piece_arrives_before_the_next_is_written(
    proxied: httpx.AsyncClient, backend: FakeBackend, path: str
) -> None:
    for location, encoding in (("", None), ("/gzip", "gzip")):
        gates = gated(backend)
        gates[0].set()
        request = proxied.stream("POST", location + path, json=asked(path, stream=True))
        async with asyncio.timeout(10), request as response:
            assert response.status_code == 200
            assert response.headers["server"].startswith("nginx/")
            assert response.headers.get("content-encoding") == encoding
            text = response.aiter_text()
            for gate, piece in zip(gates, PIECES, strict=True):
                gate.set()
                await until_told(text, piece)
            async for _ in text:
                pass
    assert backend.finished == 2


async def test_this_nginx_holds_back_what_does_not_say_otherwise(
    proxied: httpx.AsyncClient, backend: FakeBackend
) -> None:
    """Else the test above would show nothing."""
    path = "/v1/chat/completions"
    gated(backend)[0].set()
    request = proxied.stream("POST", f"/held{path}", json=asked(path, stream=True))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(HELD_SECONDS), request as response:
            await until_told(response.aiter_text(), PIECES[0])
    assert backend.started == 1


@pytest.mark.parametrize("stream", [True, False])
async def test_leaving_frees_the_model(
    proxied: httpx.AsyncClient, backend: FakeBackend, stream: bool
) -> None:
    backend.default = forever()
    for path in REQUESTS:
        body = asked(path, stream=stream)
        if stream:
            async with proxied.stream("POST", path, json=body) as response:
                await until_told(response.aiter_text(), "あ")
        else:
            waiting = asyncio.create_task(proxied.post(path, json=body))
            await until(lambda: backend.active == 1)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await until(lambda: backend.active == 0)
    assert backend.started == backend.cancelled == len(REQUESTS)
