"""An answer as Anthropic's clients read it: one message, or the events that make it up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from sse_starlette import ServerSentEvent
from starlette.responses import Response

from jimae.api.answering import (
    Events,
    Items,
    Sent,
    StreamedAnswer,
    WholeAnswer,
    data,
    news,
)
from jimae.api.anthropic.answers import Message
from jimae.api.anthropic.errors import REQUEST_ID, envelope
from jimae.api.anthropic.writer import Folded, MessageWriter
from jimae.api.errors import known
from jimae.errors import Language
from jimae.service.chat import Loading
from jimae.types import Delta, Done, Prefill, Queued, Started

PING: Final = data({"type": "ping"}, event="ping")


def answer(events: Events, writer: MessageWriter, request_id: str, *, stream: bool) -> Response:
    """The response to a request."""
    sent = Sent({REQUEST_ID: request_id}, PING)
    if not stream:
        return WholeAnswer(events, lambda items: whole(items, writer), sent)
    return StreamedAnswer(
        events, lambda items, language: streamed(items, writer, language, request_id), sent
    )


async def whole(items: Items, writer: MessageWriter) -> Message:
    folded = Folded()
    async for _, event in items:
        if isinstance(event, Started | Delta | Done):
            for told in writer.events(event):
                folded.add(told)
    return folded.message


async def streamed(
    items: Items, writer: MessageWriter, language: Language, request_id: str
) -> AsyncIterator[ServerSentEvent]:
    """The events of a stream. An error becomes its last one: clients raise on it."""
    try:
        async for _, event in items:
            match event:
                case Loading() | Queued() | Prefill():
                    yield news(event)
                case Started() | Delta() | Done():
                    for told in writer.events(event):
                        yield data(told, event=told["type"])
    except Exception as error:
        yield data(envelope(known(error), language, request_id), event="error")
