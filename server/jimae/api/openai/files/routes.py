"""The handlers of files."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import BinaryIO, Final, Literal
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from jimae.api.caller import owner_of
from jimae.api.explain import validated
from jimae.api.openai.files.form import read_form
from jimae.api.openai.files.parameters import LIST, UPLOAD
from jimae.api.openai.files.schema import FileForm, FilesQuery
from jimae.api.openai.responses.queries import known_id
from jimae.api.query import read_query
from jimae.service.files import BATCH_SECONDS
from jimae.service.service import Service
from jimae.store.file_tables import File

CHUNK: Final = 256 * 1024


class FileBody(TypedDict):
    """A file as OpenAI's clients read it. Times are Unix seconds."""

    id: str
    object: Literal["file"]
    bytes: int
    created_at: int
    expires_at: int | None
    filename: str
    purpose: str
    status: Literal["processed"]
    status_details: None


class FileList(TypedDict):
    object: Literal["list"]
    data: list[FileBody]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedFile(TypedDict):
    id: str
    object: Literal["file"]
    deleted: Literal[True]


class FileRoutes:
    """Files, over one service. `paths.py` gives the handlers their paths."""

    def __init__(self, service: Service) -> None:
        self._files = service.files
        self._limit = service.settings.files.max_mb

    async def create(self, request: Request) -> FileBody:
        """Keep a file."""
        async with self._files.receive() as incoming:
            fields = await read_form(request, incoming.write, self._limit)
            form = validated(fields, UPLOAD, FileForm)
            seconds = BATCH_SECONDS if form.purpose == "batch" else None
            if form.expires_after is not None:
                seconds = form.expires_after.seconds
            return _body(await incoming.keep(owner_of(request), form.file, form.purpose, seconds))

    async def list(self, request: Request) -> FileList:
        """The files that are kept."""
        query = read_query(request, LIST, FilesQuery)
        found, more = await self._files.list(
            owner_of(request),
            after=query.after,
            limit=query.limit,
            order=query.order,
            purpose=query.purpose,
        )
        return _listed(found, more)

    async def get(self, request: Request, file_id: str) -> FileBody:
        """What a file is."""
        return _body(await self._files.get(owner_of(request), known_id(file_id)))

    async def content(self, request: Request, file_id: str) -> Response:
        """What is in a file."""
        return Content(*await self._files.open(owner_of(request), known_id(file_id)))

    async def delete(self, request: Request, file_id: str) -> DeletedFile:
        """Delete a file and what is in it."""
        await self._files.delete(owner_of(request), known_id(file_id))
        return {"id": file_id, "object": "file", "deleted": True}


class Content(Response):
    """The bytes of a file, which is closed when they are sent or their reader leaves."""

    media_type = "application/octet-stream"

    def __init__(self, file: File, content: BinaryIO) -> None:
        super().__init__(
            headers={
                "Cache-Control": "no-store",
                # Never shown by a browser as a page of this server.
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.filename)}",
                "Content-Length": str(file.size),
            }
        )
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._content as content:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            while chunk := await asyncio.to_thread(content.read, CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _body(file: File) -> FileBody:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.created_at),
        "expires_at": None if file.expires_at is None else int(file.expires_at),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def _listed(files: Sequence[File], more: bool) -> FileList:
    return {
        "object": "list",
        "data": [_body(file) for file in files],
        "first_id": files[0].id if files else None,
        "last_id": files[-1].id if files else None,
        "has_more": more,
    }
