"""The handlers of batches."""

from __future__ import annotations

from fastapi import Request

from jimae.api.body import read_object
from jimae.api.caller import caller_of, owner_of
from jimae.api.errors import language_of
from jimae.api.explain import validated
from jimae.api.openai.batches.bodies import BatchBody, BatchList, batch_body, listed
from jimae.api.openai.batches.parameters import CREATE, LIST
from jimae.api.openai.batches.schema import BatchesQuery, BatchRequest
from jimae.api.openai.responses.queries import known_id
from jimae.api.query import read_query
from jimae.service.files import BATCH_SECONDS
from jimae.service.service import Service


class BatchRoutes:
    """Batches, over one service. `paths.py` gives the handlers their paths."""

    def __init__(self, service: Service) -> None:
        self._batches = service.batches
        self._limit = service.settings.server.max_body_mb

    async def create(self, request: Request) -> BatchBody:
        """Answer the requests of a file."""
        wanted = validated(await read_object(request, self._limit), CREATE, BatchRequest)
        kept, caller = wanted.output_expires_after, caller_of(request)
        batch = await self._batches.create(
            caller.id,
            wanted.input_file_id,
            wanted.endpoint,
            key_id=caller.key.id if caller.key is not None else None,
            language=language_of(request.scope),
            details=wanted.metadata,
            output_seconds=BATCH_SECONDS if kept is None else kept.seconds,
        )
        return batch_body(batch)

    async def list(self, request: Request) -> BatchList:
        """The batches that there are."""
        query = read_query(request, LIST, BatchesQuery)
        found, more = await self._batches.list(
            owner_of(request), after=query.after, limit=query.limit
        )
        return listed(found, more)

    async def get(self, request: Request, batch_id: str) -> BatchBody:
        """How far a batch is."""
        return batch_body(await self._batches.get(owner_of(request), known_id(batch_id)))

    async def cancel(self, request: Request, batch_id: str) -> BatchBody:
        """Stop a batch; what it has written is kept."""
        return batch_body(await self._batches.cancel(owner_of(request), known_id(batch_id)))
