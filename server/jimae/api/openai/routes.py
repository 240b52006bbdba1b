"""OpenAI's endpoints for models, chats and completions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from fastapi import Request
from starlette.responses import Response

from jimae.api.body import read_object
from jimae.api.openai.chat.convert import chat_ask, chat_request
from jimae.api.openai.chat.writer import ChatWriter
from jimae.api.openai.completions.convert import completion_asks, completion_request
from jimae.api.openai.completions.writer import CompletionWriter
from jimae.api.openai.models import ModelBody, ModelList, model_body
from jimae.api.openai.respond import Events, StreamedAnswer, WholeAnswer
from jimae.api.openai.schema import Generation
from jimae.api.openai.tally import Tally
from jimae.api.openai.writer import Writer
from jimae.service.chat import Ask
from jimae.service.service import Service
from jimae.types import TextPrompt, TokenPrompt


class OpenAIRoutes:
    """The handlers, over one service. `app.py` gives them their paths."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list_models(self) -> ModelList:
        """The models of this server."""
        return {
            "object": "list",
            "data": [model_body(status) for status in self._service.models.statuses()],
        }

    async def get_model(self, model_id: str) -> ModelBody:
        """One model by its id."""
        return model_body(self._service.models.status(model_id))

    async def create_chat_completion(self, request: Request) -> Response:
        """Answer a conversation."""
        wanted = chat_request(await self._body(request))
        events = self._service.chat.answer(chat_ask(wanted))
        return _answer(wanted, events, ChatWriter(wanted))

    async def create_completion(self, request: Request) -> Response:
        """Continue one text or several."""
        wanted = completion_request(await self._body(request))
        asks = completion_asks(wanted)
        writer = CompletionWriter(wanted, len(asks) * wanted.n)
        events = self._echoed(asks, writer) if wanted.echo else self._service.chat.answer(*asks)
        return _answer(wanted, events, writer)

    async def _echoed(self, asks: Sequence[Ask], writer: CompletionWriter) -> Events:
        """The events, after the writer got to know the texts of the prompts."""
        writer.echo([await self._text(ask) for ask in asks])
        async with aclosing(self._service.chat.answer(*asks)) as events:
            async for event in events:
                yield event

    async def _text(self, ask: Ask) -> str:
        if isinstance(ask.prompt, TokenPrompt):
            text = await self._service.tokens.detokenize(ask.model, ask.prompt.ids)
            return text.decode(errors="replace")
        return ask.prompt.text if isinstance(ask.prompt, TextPrompt) else ""

    async def _body(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._service.settings.server.max_body_mb)


def _answer(wanted: Generation, events: Events, writer: Writer) -> Response:
    tally = Tally(wanted.n)
    if not wanted.stream:
        return WholeAnswer(events, writer, tally)
    options = wanted.stream_options
    include_usage = options is not None and bool(options.include_usage)
    return StreamedAnswer(events, writer, tally, include_usage=include_usage)
