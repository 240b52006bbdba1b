"""OpenAI's endpoints."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from jimae.api.body import read_object
from jimae.api.openai.answers import ModelBody, ModelList
from jimae.api.openai.convert import (
    chat_ask,
    chat_request,
    completion_ask,
    completion_request,
)
from jimae.api.openai.respond import StreamedAnswer, WholeAnswer
from jimae.api.openai.schema import Generation
from jimae.api.openai.writers import ChatWriter, CompletionWriter, Writer
from jimae.service.chat import Ask
from jimae.service.model_status import ModelStatus
from jimae.service.service import Service

OWNER = "jimae"


class OpenAIRoutes:
    """The handlers, over one service. `app.py` gives them their paths."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list_models(self) -> ModelList:
        """The models of this server."""
        return {
            "object": "list",
            "data": [_model(status) for status in self._service.models.statuses()],
        }

    async def get_model(self, model_id: str) -> ModelBody:
        """One model by its id."""
        return _model(self._service.models.status(model_id))

    async def create_chat_completion(self, request: Request) -> Response:
        """Answer a conversation."""
        wanted = chat_request(await self._body(request))
        return self._answer(wanted, chat_ask(wanted), ChatWriter(wanted.model))

    async def create_completion(self, request: Request) -> Response:
        """Continue a text."""
        wanted = completion_request(await self._body(request))
        return self._answer(wanted, completion_ask(wanted), CompletionWriter(wanted.model))

    async def _body(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._service.settings.server.max_body_mb)

    def _answer(self, wanted: Generation, ask: Ask, writer: Writer) -> Response:
        events = self._service.chat.answer(ask)
        if not wanted.stream:
            return WholeAnswer(events, writer, ask.n)
        options = wanted.stream_options
        include_usage = options is not None and bool(options.include_usage)
        return StreamedAnswer(events, writer, include_usage=include_usage)


def _model(status: ModelStatus) -> ModelBody:
    return {
        "id": status.id,
        "object": "model",
        "created": status.created,
        "owned_by": OWNER,
        "context": status.info.context if status.info else None,
    }
