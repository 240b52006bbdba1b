"""A response over HTTP: whole, or as numbered events that can be read again.

Without `background`, a response ends when its reader leaves; with it, the server goes on.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Final

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimae.api.answering import data, event_stream, news
from jimae.api.errors import known, language_of
from jimae.api.leaving import ClientLeft, unless_left
from jimae.api.openai.responses.bodies import response_body
from jimae.api.openai.responses.events import Event, Events
from jimae.errors import Language
from jimae.service.records import Record
from jimae.service.run import Entry, News, Run

log = logging.getLogger(__name__)

FROM_THE_BEGINNING: Final = -1

Entries = AsyncGenerator[Entry[Record], None]


class Created(Response):
    """The answer to a request for a response, which begins when this is sent."""

    def __init__(
        self, create: Callable[[], Coroutine[Any, Any, Run[Record]]], *, stream: bool
    ) -> None:
        super().__init__()
        self._create = create
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            run = await unless_left(receive, self._create())
        except ClientLeft:
            log.debug("client left before its response began")
            return
        try:
            if self._stream:
                await events_of(run.follow(), language_of(scope))(scope, receive, send)
                return
            record = run.record
            if not record.background:
                record = await unless_left(receive, run.ended())
        except ClientLeft:
            log.debug("client left before its response was written")
            return
        finally:
            if not run.record.background:
                run.cancel()
        if record.error is not None:
            raise record.error.to_error()
        await json_of(record, language_of(scope))(scope, receive, send)


def json_of(record: Record, language: Language) -> Response:
    return Response(
        msgspec.json.encode(response_body(record, language)),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def events_of(
    entries: Entries, language: Language, *, after: int = FROM_THE_BEGINNING
) -> EventSourceResponse:
    """The events of what happens to a run, with numbers above `after`."""
    return event_stream(_sent(entries, language, after))


async def _sent(
    followed: Entries, language: Language, after: int
) -> AsyncGenerator[ServerSentEvent, None]:
    events = Events(language)
    try:
        async with aclosing(followed) as entries:
            async for entry in entries:
                if isinstance(entry, News):
                    yield news(entry.event)
                    continue
                for event in events.of(entry):
                    if event["sequence_number"] > after:
                        yield _data(event)
    except Exception as error:
        told = known(error)
        yield _data(events.error(told.code, told.message(language), told.param))


def _data(event: Event) -> ServerSentEvent:
    return data(event, event=event["type"])
