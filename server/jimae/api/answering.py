"""An answer as an HTTP response, whatever API it is told in: whole, or as it is written.

Each response owns its events from the first to the last: they begin and are
closed inside `__call__`, so a response that is never sent holds nothing, and one
whose reader leaves frees its sequences at once. What an API says is given as a
function of the events.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, Final, NamedTuple

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import AppStatus
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimae.api.errors import language_of
from jimae.api.leaving import ClientLeft, unless_left
from jimae.errors import JimaeError, Language
from jimae.service.chat import Loading, RunEvent
from jimae.types import Done, Prefill, Queued

log = logging.getLogger(__name__)

PING_SECONDS: Final = 15

Events = AsyncGenerator[tuple[int, RunEvent], None]
"""What `service.chat.Chat.answer` returns: the events of every sequence with its index."""
Items = AsyncIterator[tuple[int, RunEvent]]

Whole = Callable[[Items], Coroutine[Any, Any, object]]
"""Reads the events to their end and returns the body."""
Streamed = Callable[[Items, Language], AsyncIterator[ServerSentEvent]]
Lined = Callable[[Items, Language], AsyncIterator[object]]
"""These two never raise: an error becomes their last word, in the reader's language."""

# Ours drains: a stream ends with a last event, not in the middle of a word.
AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]

UNBUFFERED: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Sent(NamedTuple):
    """What goes with an answer: headers of its own, and what keeps an idle stream open."""

    headers: Mapping[str, str] = {}
    ping: ServerSentEvent = ServerSentEvent(comment="ping", sep="\n")


PLAIN: Final = Sent()


class WholeAnswer(Response):
    """One JSON body when everything is written."""

    def __init__(self, events: Events, whole: Whole, sent: Sent = PLAIN) -> None:
        super().__init__()
        self._events = events
        self._whole = whole
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events) as events:
            try:
                body = await unless_left(receive, self._whole(events))
            except ClientLeft:
                log.debug("client left before its answer was written")
                return
        response = Response(
            msgspec.json.encode(body),
            media_type="application/json",
            headers={"Cache-Control": "no-store", **self._sent.headers},
        )
        await response(scope, receive, send)


class StreamedAnswer(Response):
    """Server-sent events. The status is decided by the first event or error."""

    def __init__(self, events: Events, streamed: Streamed, sent: Sent = PLAIN) -> None:
        super().__init__()
        self._events = events
        self._streamed = streamed
        self._sent = sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events) as events:
            try:
                first = await unless_left(receive, _first(events))
            except ClientLeft:
                log.debug("client left before its answer began")
                return
            told = self._streamed(_chain(first, events), language_of(scope))
            await event_stream(told, self._sent)(scope, receive, send)


class LinedAnswer(Response):
    """A JSON text in each line (NDJSON). The status is decided by the first event or error."""

    media_type = "application/x-ndjson"

    def __init__(self, events: Events, lined: Lined) -> None:
        super().__init__(headers=UNBUFFERED)
        del self.headers["content-length"]
        self._events = events
        self._lined = lined

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events) as events:
            try:
                await unless_left(receive, self._send(events, language_of(scope), send))
            except ClientLeft:
                log.debug("client left before its answer was written")

    async def _send(self, events: Events, language: Language, send: Send) -> None:
        lines = self._lined(_chain(await _first(events), events), language)
        await send(
            {"type": "http.response.start", "status": 200, "headers": self.raw_headers},
        )
        async for line in lines:
            body = msgspec.json.encode(line) + b"\n"
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def event_stream(told: AsyncIterator[ServerSentEvent], sent: Sent = PLAIN) -> EventSourceResponse:
    """Server-sent events, with a sign of life while there are none."""
    return EventSourceResponse(
        told,
        ping=PING_SECONDS,
        ping_message_factory=lambda: sent.ping,
        sep="\n",
        headers=sent.headers,
    )


def data(body: object, *, event: str | None = None) -> ServerSentEvent:
    """A body as one event, with a name where an API has names."""
    return ServerSentEvent(data=msgspec.json.encode(body).decode(), event=event, sep="\n")


def news(event: Loading | Queued | Prefill) -> ServerSentEvent:
    """What a reader who waits is told, as a comment that clients skip."""
    return ServerSentEvent(comment=_news(event), sep="\n")


def ended(event: Done) -> Done:
    """The end itself. We never cancel what we still read, so if it was, somebody stopped the
    engine: raises `server_stopping`."""
    if event.finish_reason == "cancelled":
        raise JimaeError("server_stopping")
    return event


def _news(event: Loading | Queued | Prefill) -> str:
    match event:
        case Loading():
            return f"loading seconds={event.elapsed:g}"
        case Queued(position=position, seconds=None):
            return f"queued position={position}"
        case Queued(position=position, seconds=seconds):
            return f"queued position={position} seconds={seconds:g}"
        case Prefill():
            return f"prefill done={event.done} total={event.total}"


async def _first(events: Events) -> tuple[int, RunEvent]:
    return await anext(events)


async def _chain(first: tuple[int, RunEvent], rest: Items) -> Items:
    yield first
    async for event in rest:
        yield event
