"""Anthropic's endpoints."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from jimae.api import allowed
from jimae.api.anthropic.answers import TokenCount
from jimae.api.anthropic.convert import (
    count_tokens_request,
    messages_ask,
    messages_request,
    prompt,
)
from jimae.api.anthropic.errors import REQUEST_ID, request_id
from jimae.api.anthropic.respond import answer
from jimae.api.anthropic.writer import MessageWriter
from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.service.service import Service


class AnthropicRoutes:
    """The handlers, over one service. `paths.py` gives them their paths."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def create_message(self, request: Request) -> Response:
        """Answer a conversation."""
        wanted = messages_request(await self._body(request))
        events = self._service.chat.answer(caller_of(request), messages_ask(wanted))
        writer = MessageWriter(wanted.model, wanted.max_tokens)
        return answer(events, writer, request_id(request.scope), stream=wanted.stream)

    async def count_tokens(self, request: Request, response: Response) -> TokenCount:
        """Count the tokens that a conversation has for a model, without answering it."""
        wanted = count_tokens_request(await self._body(request))
        response.headers[REQUEST_ID] = request_id(request.scope)
        await allowed.check(self._service, request, wanted.model)
        return {"input_tokens": await self._service.tokens.count(wanted.model, prompt(wanted))}

    async def _body(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._service.settings.server.max_body_mb)
