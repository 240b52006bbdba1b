"""An answer as OpenAI's clients read it: one body, or the chunks of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sse_starlette import ServerSentEvent
from starlette.responses import Response

from jimae.api.answering import Items, StreamedAnswer, WholeAnswer, data, news
from jimae.api.errors import envelope, known
from jimae.api.openai.asked import Asked
from jimae.api.openai.tally import Tally
from jimae.api.openai.writer import Body, Writer
from jimae.errors import Language
from jimae.service.chat import Loading
from jimae.types import Delta, Done, Prefill, PromptLogprobs, Queued, Started


def answer(asked: Asked) -> Response:
    """The response to a request."""
    wanted, events, writer, tally = asked
    if not wanted.stream:
        return WholeAnswer(events, lambda items: whole(items, writer, tally))
    options = wanted.stream_options
    usage = options is not None and bool(options.include_usage)
    return StreamedAnswer(
        events,
        lambda items, language: streamed(items, writer, tally, language, include_usage=usage),
    )


async def whole(items: Items, writer: Writer, tally: Tally) -> Body:
    async for index, event in items:
        tally.add(index, event)
        if isinstance(event, Started | PromptLogprobs | Delta | Done):
            writer.add(index, event)
    return writer.whole(tally)


async def streamed(
    items: Items, writer: Writer, tally: Tally, language: Language, *, include_usage: bool
) -> AsyncIterator[ServerSentEvent]:
    """The events of a stream. An error becomes its last one: clients raise on it."""
    try:
        async for index, event in items:
            tally.add(index, event)
            match event:
                case Loading() | Queued() | Prefill():
                    yield news(event)
                case Started() | PromptLogprobs() | Delta() | Done():
                    for chunk in writer.chunks(index, event):
                        if include_usage:
                            chunk["usage"] = None
                        yield data(chunk)
        if include_usage:
            yield data(writer.usage(tally))
        yield ServerSentEvent(data="[DONE]", sep="\n")
    except Exception as error:
        yield data(envelope(known(error), language))
