"""An answer as an HTTP response: whole or streamed, ended at once when its reader leaves.

Each response owns its events from the first to the last: they begin and are
closed inside `__call__`, so a response that is never sent holds nothing.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import msgspec
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import AppStatus
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimae.api.errors import envelope, known, language_of
from jimae.api.leaving import ClientLeft, unless_left
from jimae.api.openai.tally import Tally
from jimae.api.openai.writer import Body, Writer
from jimae.errors import Language
from jimae.service.chat import Loading, RunEvent
from jimae.types import Delta, Done, Prefill, PromptLogprobs, Queued, Started

log = logging.getLogger(__name__)

PING_SECONDS = 15

Events = AsyncGenerator[tuple[int, RunEvent], None]
Items = AsyncIterator[tuple[int, RunEvent]]

# Ours drains: a stream ends with a last event, not in the middle of a word.
AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]


class WholeAnswer(Response):
    """One JSON body when everything is written."""

    def __init__(self, events: Events, writer: Writer, tally: Tally) -> None:
        super().__init__()
        self._events = events
        self._writer = writer
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events) as events:
            try:
                body = await unless_left(receive, collect(events, self._writer, self._tally))
            except ClientLeft:
                log.debug("client left before its answer was written")
                return
        response = Response(
            msgspec.json.encode(body),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )
        await response(scope, receive, send)


async def collect(events: Items, writer: Writer, tally: Tally) -> Body:
    """Read the events to their end; the body of the whole answer."""
    async for index, event in events:
        tally.add(index, event)
        if isinstance(event, Started | PromptLogprobs | Delta | Done):
            writer.add(index, event)
    return writer.whole(tally)


class StreamedAnswer(Response):
    """Server-sent events. The status is decided by the first event or error."""

    def __init__(
        self, events: Events, writer: Writer, tally: Tally, *, include_usage: bool
    ) -> None:
        super().__init__()
        self._events = events
        self._writer = writer
        self._tally = tally
        self._include_usage = include_usage

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._events) as events:
            try:
                first = await unless_left(receive, _first(events))
            except ClientLeft:
                log.debug("client left before its answer began")
                return
            sent = self._stream(_chain(first, events), language_of(scope))
            response = EventSourceResponse(
                sent, ping=PING_SECONDS, ping_message_factory=_ping, sep="\n"
            )
            await response(scope, receive, send)

    async def _stream(
        self, events: AsyncIterator[tuple[int, RunEvent]], language: Language
    ) -> AsyncIterator[ServerSentEvent]:
        """The events of a stream. An error becomes its last one: clients raise on it."""
        try:
            async for index, event in events:
                self._tally.add(index, event)
                match event:
                    case Loading() | Queued() | Prefill():
                        yield ServerSentEvent(comment=news(event), sep="\n")
                    case Started() | PromptLogprobs() | Delta() | Done():
                        for chunk in self._writer.chunks(index, event):
                            if self._include_usage:
                                chunk["usage"] = None
                            yield _data(chunk)
            if self._include_usage:
                yield _data(self._writer.usage(self._tally))
            yield ServerSentEvent(data="[DONE]", sep="\n")
        except Exception as error:
            yield _data(envelope(known(error), language))


def news(event: Loading | Queued | Prefill) -> str:
    """What a reader who waits is told, as a comment that other clients skip."""
    match event:
        case Loading():
            return f"loading seconds={event.elapsed:g}"
        case Queued(position=position, seconds=None):
            return f"queued position={position}"
        case Queued(position=position, seconds=seconds):
            return f"queued position={position} seconds={seconds:g}"
        case Prefill():
            return f"prefill done={event.done} total={event.total}"


def _data(body: object) -> ServerSentEvent:
    return ServerSentEvent(data=msgspec.json.encode(body).decode(), sep="\n")


def _ping() -> ServerSentEvent:
    return ServerSentEvent(comment="ping", sep="\n")


async def _first(events: Events) -> tuple[int, RunEvent]:
    return await anext(events)


async def _chain(
    first: tuple[int, RunEvent], rest: AsyncIterator[tuple[int, RunEvent]]
) -> AsyncIterator[tuple[int, RunEvent]]:
    yield first
    async for event in rest:
        yield event
