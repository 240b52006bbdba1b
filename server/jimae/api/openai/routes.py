"""OpenAI's endpoints for chats and completions."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.openai.asked import Writing
from jimae.api.openai.respond import answer
from jimae.service.service import Service


class OpenAIRoutes:
    """The handlers, over one service. `paths.py` gives them their paths."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._writing = Writing(service)

    async def create_chat_completion(self, request: Request) -> Response:
        """Answer a conversation."""
        return answer(self._writing.chat(caller_of(request), await self._body(request)))

    async def create_completion(self, request: Request) -> Response:
        """Continue one text or several."""
        return answer(self._writing.completion(caller_of(request), await self._body(request)))

    async def _body(self, request: Request) -> dict[str, object]:
        return await read_object(request, self._service.settings.server.max_body_mb)
