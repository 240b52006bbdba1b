"""The endpoints as a batch asks them: the same converters and writers as over HTTP, without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

from jimae.api.body import parse_object
from jimae.api.errors import envelope, known
from jimae.api.openai.asked import Asked, Writing
from jimae.api.openai.embeddings import EmbeddingRoutes
from jimae.api.openai.respond import whole
from jimae.api.openai.responses.bodies import response_body
from jimae.api.openai.responses.convert import response_request, wanted_of
from jimae.api.parameters import unsupported
from jimae.errors import DEFAULT_LANGUAGE, JimaeError, Language
from jimae.service.caller import Caller
from jimae.service.service import Service

Body = dict[str, Any]

# Nobody is there to read along, or to ask again later.
ALONE: Final = ("stream", "background")


class BatchEndpoints:
    """What answers the lines of batches, over one service. See `batch_run.Endpoints`."""

    def __init__(self, service: Service) -> None:
        self._responses = service.responses
        self._writing = Writing(service)
        self._embeddings = EmbeddingRoutes(service)
        self._answers: dict[str, Callable[[Caller, Body], Awaitable[Body]]] = {
            "/v1/chat/completions": self._chat,
            "/v1/completions": self._completion,
            "/v1/embeddings": self._embedding,
            "/v1/responses": self._response,
        }

    async def answer(self, caller: Caller, endpoint: str, body: bytes) -> Body:
        """The whole answer. Raises JimaeError and nothing else."""
        try:
            request = parse_object(body)
            for name in ALONE:
                if request.get(name):
                    raise unsupported(name, request[name])
            return await self._answers[endpoint](caller, request | {"priority": "batch"})
        except Exception as error:
            raise known(error) from error

    def refusal(self, error: JimaeError, language: Language) -> Body:
        """The body of an error."""
        return dict(envelope(error, language))

    async def _chat(self, caller: Caller, request: Body) -> Body:
        return await _whole(self._writing.chat(caller, request))

    async def _completion(self, caller: Caller, request: Body) -> Body:
        return await _whole(self._writing.completion(caller, request))

    async def _embedding(self, caller: Caller, request: Body) -> Body:
        return dict(await self._embeddings.answer(caller, request))

    async def _response(self, caller: Caller, request: Body) -> Body:
        run = await self._responses.create(caller, wanted_of(response_request(request)))
        try:
            record = await run.ended()
        finally:
            run.cancel()
        if record.error is not None:
            raise record.error.to_error()
        return dict(response_body(record, DEFAULT_LANGUAGE))


async def _whole(asked: Asked) -> Body:
    async with aclosing(asked.events) as events:
        return dict(await whole(events, asked.writer, asked.tally))
