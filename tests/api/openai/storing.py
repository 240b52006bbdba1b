"""A server on each kind of database, and the official client of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import openai
from openai.types import Batch

from fakes.serving import serving
from jimae.service.models import BackendFactory
from jimae.service.service import Service
from jimae.settings import Settings

CHAT = "/v1/chat/completions"
ENDED = ("completed", "failed", "expired", "cancelled")


@asynccontextmanager
async def client_of(settings: Settings, make: BackendFactory) -> AsyncIterator[openai.AsyncOpenAI]:
    """The client of a server that runs until the end of the block."""
    async with serving(settings, Service(settings, make)) as served:
        http = httpx.AsyncClient(trust_env=False)
        async with openai.AsyncOpenAI(
            base_url=f"{served.url}/v1", api_key="unused", max_retries=0, http_client=http
        ) as client:
            yield client


def line(number: int, text: str = "はい", **changes: object) -> dict[str, object]:
    body = {"model": "fake", "messages": [{"role": "user", "content": text}]}
    return {"custom_id": f"r{number}", "method": "POST", "url": CHAT, "body": body} | changes


def jsonl(lines: Sequence[object]) -> bytes:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines).encode()


async def upload(api: openai.AsyncOpenAI, lines: Sequence[object] | bytes) -> str:
    content = lines if isinstance(lines, bytes) else jsonl(lines)
    return (await api.files.create(file=("in.jsonl", content), purpose="batch")).id


async def begin(
    api: openai.AsyncOpenAI, lines: Sequence[object] | bytes, language: str | None = None
) -> Batch:
    """With a `language`, as a program sends it whose reader wants that one."""
    return await api.batches.create(
        input_file_id=await upload(api, lines),
        endpoint=CHAT,
        completion_window="24h",
        extra_headers=None if language is None else {"Accept-Language": language},
    )


async def ended(api: openai.AsyncOpenAI, batch_id: str, seconds: float = 10) -> Batch:
    deadline = time.monotonic() + seconds
    while (batch := await api.batches.retrieve(batch_id)).status not in ENDED:
        assert time.monotonic() < deadline, batch
        await asyncio.sleep(0.02)
    return batch


async def written(api: openai.AsyncOpenAI, file_id: str | None) -> list[dict[str, object]]:
    assert file_id is not None
    content = await api.files.content(file_id)
    return [json.loads(text) for text in content.text.splitlines()]
