"""An answer as Ollama's clients read it: a line for each piece, or one object."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response

from jimae.api.answering import Events, Items, LinedAnswer, WholeAnswer
from jimae.api.errors import known
from jimae.api.ollama.answers import Line
from jimae.api.ollama.errors import envelope
from jimae.api.ollama.writer import LineWriter, Said
from jimae.errors import Language
from jimae.service.chat import Loading
from jimae.types import Delta, Done


def answer(events: Events, writer: LineWriter, *, stream: bool) -> Response:
    """The response to a request."""
    if stream:
        return LinedAnswer(events, lambda items, language: lined(items, writer, language))
    return WholeAnswer(events, lambda items: whole(items, writer))


async def whole(items: Items, writer: LineWriter) -> Line:
    said, line = Said(), writer.loaded()
    async for _, event in items:
        if not isinstance(event, Loading):
            writer.ready()
        if isinstance(event, Delta):
            said += writer.more(event)
        elif isinstance(event, Done):
            line = writer.last(said + writer.rest(), event)
    return line


async def lined(items: Items, writer: LineWriter, language: Language) -> AsyncIterator[object]:
    """The lines of a stream. An error becomes the last one: clients raise on it."""
    try:
        async for _, event in items:
            if not isinstance(event, Loading):
                writer.ready()
            if isinstance(event, Delta):
                if said := writer.more(event):
                    yield writer.line(said)
            elif isinstance(event, Done):
                if rest := writer.rest():
                    yield writer.line(rest)
                yield writer.last(Said(), event)
    except Exception as error:
        yield envelope(known(error), language)
