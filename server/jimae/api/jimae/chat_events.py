"""What happens to an answer, and to the chats of somebody, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import msgspec
from sse_starlette import ServerSentEvent
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimae.api.answering import data, event_stream
from jimae.api.errors import envelope, known, language_of
from jimae.api.jimae.chat_bodies import turn_body
from jimae.errors import JimaeError, Language
from jimae.service.chat import Loading
from jimae.service.chats.feed import News as Changed
from jimae.service.chats.parts import parts_of
from jimae.service.chats.shapes import Turn
from jimae.service.run import Became, Entry, News
from jimae.service.writing import Closed, Grew, Opened
from jimae.types import Prefill, Queued

Numbered = AsyncGenerator[tuple[int, Entry[Turn]], None]


class RunEvents(Response):
    """The events of an answer. It is looked for before the first byte is sent, so that one
    that is not there is answered 404."""

    def __init__(self, entries: Numbered) -> None:
        super().__init__()
        self._entries = entries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._entries) as entries:
            language = language_of(scope)
            told = _unless_refused(_told(entries, language), language)
            await event_stream(told)(scope, receive, send)


class Feed(Response):
    """What changes among the chats of somebody, until they leave."""

    def __init__(self, changes: AsyncGenerator[Changed, None]) -> None:
        super().__init__()
        self._changes = changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._changes) as changes:
            told = _unless_refused(_changes(changes), language_of(scope))
            await event_stream(told)(scope, receive, send)


async def _changes(changes: AsyncIterator[Changed]) -> AsyncIterator[ServerSentEvent]:
    async for change in changes:
        yield data(change)


async def _told(entries: Numbered, language: Language) -> AsyncIterator[ServerSentEvent]:
    async for number, entry in entries:
        event = event_of(entry, language)
        if event is not None:
            body = msgspec.json.encode(event).decode()
            yield ServerSentEvent(data=body, id=str(number), sep="\n")


async def _unless_refused(
    told: AsyncIterator[ServerSentEvent], language: Language
) -> AsyncIterator[ServerSentEvent]:
    """With the error as the last event for a reader who may not read on."""
    try:
        async for event in told:
            yield event
    except JimaeError as error:
        yield data({"type": "error", **envelope(known(error), language)})


def event_of(entry: Entry[Turn], language: Language) -> dict[str, Any] | None:
    """What an entry of a run is to the page; None for what shows otherwise."""
    match entry:
        case News(event=event):
            return {"type": "wait", "wait": _wait(event)}
        case Opened(index=index, item=item):
            parts = parts_of([item])
            part = parts[0] if parts else {"type": "text", "text": ""}
            return {"type": "part", "index": index, "part": msgspec.to_builtins(part)}
        case Grew(index=index, text=text):
            return {"type": "delta", "index": index, "text": text}
        case Closed():
            return None
        case Became(record=turn):
            return {"type": "end", "turn": turn_body(turn, language)} if turn.finished else None


def _wait(event: Loading | Queued | Prefill) -> dict[str, Any]:
    match event:
        case Loading(elapsed=elapsed):
            return {"kind": "loading", "elapsed": elapsed}
        case Queued(position=position, seconds=seconds):
            return {"kind": "queued", "position": position, "seconds": seconds}
        case Prefill(done=done, total=total):
            return {"kind": "prefill", "done": done, "total": total}
