"""What a page does with chats, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx


class Chatter:
    """A client of the chats of one server. Bodies are JSON as they came."""

    def __init__(self, url: str, **options: Any) -> None:
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, **options)

    async def __aenter__(self) -> Chatter:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """The answer to a request, which must have this status."""
        response = await self.http.request(method, f"/jimae{path}", **options)
        assert response.status_code == status, response.text
        return response.json()

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        return await self.call("GET", path, status, params=params)

    async def post(self, path: str, status: int = 200, **body: Any) -> Any:
        return await self.call("POST", path, status, json=body)

    async def delete(self, path: str, status: int = 200, **params: Any) -> Any:
        return await self.call("DELETE", path, status, params=params)

    async def new(self, **body: Any) -> str:
        chat: dict[str, Any] = await self.post("/chats", **body)
        return str(chat["id"])

    async def ask(self, chat: str, content: Any, parent: str | None = None, **body: Any) -> Any:
        """Ask, and return the question and the answer as they begin."""
        return await self.post(f"/chats/{chat}/ask", content=content, parent=parent, **body)

    async def say(self, chat: str, content: Any, parent: str | None = None, **body: Any) -> Any:
        """Ask, and return the answer when it has ended."""
        asked = await self.ask(chat, content, parent, **body)
        return await self.end(chat, asked["answer"])

    async def end(self, chat: str, answer: dict[str, Any]) -> Any:
        """The end of an answer that is being written."""
        return (await self.read(chat, answer["run"]))[-1][1]["turn"]

    async def read(
        self, chat: str, run: dict[str, Any], after: int = -1
    ) -> list[tuple[int, dict[str, Any]]]:
        """The numbered events of a run to its end."""
        async with self.events(chat, run["id"], after) as events:
            return [event async for event in events]

    @asynccontextmanager
    async def events(
        self, chat: str, run: str, after: int = -1
    ) -> AsyncIterator[AsyncIterator[tuple[int, dict[str, Any]]]]:
        path = f"/jimae/chats/{chat}/runs/{run}/events"
        async with self.http.stream("GET", path, params={"after": after}) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield _events(response)

    async def branch(self, chat: str) -> list[str]:
        """The texts of the branch that is shown."""
        opened = await self.get(f"/chats/{chat}")
        return [text(turn) for turn in opened["turns"]]


def text(turn: dict[str, Any]) -> str:
    return "".join(part["text"] for part in turn["parts"] if part["type"] == "text")


async def _events(response: httpx.Response) -> AsyncIterator[tuple[int, dict[str, Any]]]:
    number = -1
    async for line in response.aiter_lines():
        if line.startswith("id:"):
            number = int(line[3:])
        elif line.startswith("data:"):
            yield number, json.loads(line[5:])


async def soon(check: Any, seconds: float = 5) -> Any:
    """The result of an async check, once it is true."""
    async with asyncio.timeout(seconds):
        while not (result := await check()):
            await asyncio.sleep(0.01)
    return result
