"""Ollama's endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from fastapi import Request
from starlette.responses import Response

import jimae
from jimae.api import allowed
from jimae.api.answering import Events
from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import validated
from jimae.api.ollama.answers import ModelList, RunningList, Shown, StatusBody, Version
from jimae.api.ollama.context import check_context
from jimae.api.ollama.convert import (
    chat_ask,
    chat_request,
    generate_ask,
    generate_request,
    model_id,
    only_loads,
)
from jimae.api.ollama.models import model_body, running_body, shown
from jimae.api.ollama.parameters import PULL, SHOW
from jimae.api.ollama.respond import answer
from jimae.api.ollama.schema import (
    OllamaChatRequest,
    OllamaGenerateRequest,
    PullRequest,
    ShowRequest,
)
from jimae.api.ollama.writer import LineWriter, chat, text
from jimae.catalogue.gguf_header import Header, read_header
from jimae.errors import JimaeError
from jimae.service.caller import Caller
from jimae.service.chat import Ask, RunEvent
from jimae.service.service import Service

# The version of Ollama whose API this is: tools ask for a least one.
OLLAMA: Final = "0.13.0"
HEADERS_KEPT: Final = 256


class OllamaRoutes:
    """The handlers, over one service. `paths.py` gives them their paths."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def chat(self, request: Request) -> Response:
        """Answer a conversation."""
        wanted = chat_request(await self._body(request))
        writer = LineWriter(wanted.model, chat)
        if only_loads(wanted):
            return await self._load(request, wanted, writer)
        return self._answer(caller_of(request), wanted, chat_ask(wanted), writer)

    async def generate(self, request: Request) -> Response:
        """Answer a prompt, or go on with a text."""
        wanted = generate_request(await self._body(request))
        writer = LineWriter(wanted.model, text)
        if only_loads(wanted):
            return await self._load(request, wanted, writer)
        return self._answer(caller_of(request), wanted, generate_ask(wanted), writer)

    async def tags(self, request: Request) -> ModelList:
        """The models that one may ask."""
        headers = await self._headers()
        statuses = await allowed.statuses(self._service, request)
        return {"models": [model_body(status, headers.get(status.id)) for status in statuses]}

    async def ps(self, request: Request) -> RunningList:
        """The models in memory."""
        headers = await self._headers()
        running = [one for one in await allowed.statuses(self._service, request) if one.use]
        now = datetime.now(UTC)
        return {"models": [running_body(one, headers.get(one.id), now) for one in running]}

    async def show(self, request: Request) -> Shown:
        """One model."""
        wanted = validated(_named(await self._body(request)), SHOW, ShowRequest)
        status = await allowed.status(self._service, request, model_id(wanted.model))
        header = await asyncio.to_thread(_header, self._service.models.files.all()[status.id])
        return shown(status, header)

    async def version(self) -> Version:
        """The version of Ollama whose API this is, and ours."""
        return {"version": OLLAMA, "jimae": jimae.__version__}

    async def pull(self, request: Request) -> Response:
        """Success for a model that is here already; others are not got over the API."""
        wanted = validated(_named(await self._body(request)), PULL, PullRequest)
        model = model_id(wanted.model)
        if model not in {one.id for one in await allowed.statuses(self._service, request)}:
            raise _by_command(request, model)
        body: StatusBody = {"status": "success"}
        media = "application/x-ndjson" if wanted.stream else "application/json"
        return Response(msgspec.json.encode(body) + b"\n", media_type=media)

    async def change(self, request: Request) -> Response:
        """Models are not made, copied or deleted over the API."""
        raise _by_command(request, "ID")

    async def _load(
        self,
        request: Request,
        wanted: OllamaChatRequest | OllamaGenerateRequest,
        writer: LineWriter,
    ) -> Response:
        model = model_id(wanted.model)
        await allowed.check(self._service, request, model)
        await self._service.tokens.info(model)
        media = "application/x-ndjson" if wanted.stream else "application/json"
        return Response(msgspec.json.encode(writer.loaded()) + b"\n", media_type=media)

    def _answer(
        self,
        caller: Caller,
        wanted: OllamaChatRequest | OllamaGenerateRequest,
        ask: Ask,
        writer: LineWriter,
    ) -> Response:
        events = self._service.chat.answer(caller, ask)
        if wanted.options.num_ctx is not None:
            events = self._held(events, ask.model, wanted.options.num_ctx)
        return answer(events, writer, stream=wanted.stream)

    async def _held(
        self, events: Events, model: str, wanted: int
    ) -> AsyncGenerator[tuple[int, RunEvent], None]:
        """The events, if the model's context holds as much as is wanted of it."""
        async with aclosing(events):
            await check_context(self._service, model, wanted)
            async for item in events:
                yield item

    async def _headers(self) -> dict[str, Header]:
        files = self._service.models.files.all()
        return await asyncio.to_thread(_readable, files)

    async def _body(self, request: Request) -> dict[str, object]:
        limit = self._service.settings.server.max_body_mb
        return await read_object(request, limit, untyped=True)


def _named(body: dict[str, object]) -> dict[str, object]:
    """The request with its model under the name that `name` had before."""
    if "name" in body and "model" not in body:
        body["model"] = body.pop("name")
    return body


def _by_command(request: Request, model: str) -> JimaeError:
    return JimaeError("models_by_command", path=request.url.path, model=model[:128])


def _readable(files: dict[str, Path]) -> dict[str, Header]:
    found: dict[str, Header] = {}
    for name, path in files.items():
        try:
            found[name] = _header(path)
        except JimaeError:
            continue
    return found


def _header(path: Path) -> Header:
    """Raises `gguf_invalid`."""
    stat = path.stat()
    return _kept(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(HEADERS_KEPT)
def _kept(path: Path, _modified: int, _size: int) -> Header:
    # Of a large vocabulary it takes long enough to be worth keeping.
    return read_header(path)
