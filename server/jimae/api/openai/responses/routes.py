"""The handlers of Responses and Conversations."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from jimae.api import allowed
from jimae.api.body import read_object
from jimae.api.caller import caller_of, owner_of
from jimae.api.errors import language_of
from jimae.api.explain import validated
from jimae.api.openai.responses.bodies import (
    ConversationBody,
    DeletedConversation,
    DeletedResponse,
    InputTokens,
    ItemList,
    conversation_body,
    listed,
    page_of,
)
from jimae.api.openai.responses.convert import response_request, wanted_of
from jimae.api.openai.responses.items import item_body, received, tidied
from jimae.api.openai.responses.parameters import (
    CONVERSATION_ITEMS,
    CONVERSATION_UPDATE,
    CONVERSATIONS,
    INPUT_TOKENS,
)
from jimae.api.openai.responses.queries import known_id, query_of
from jimae.api.openai.responses.respond import FROM_THE_BEGINNING, Created, events_of, json_of
from jimae.api.openai.responses.schema import (
    ConversationRequest,
    ConversationUpdate,
    ItemsRequest,
    ListQuery,
    Query,
    RetrieveQuery,
)
from jimae.api.parameters import conflict
from jimae.service.service import Service


class ResponseRoutes:
    """Responses, over one service. `paths.py` gives the handlers their paths."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._responses = service.responses
        self._runs = service.runs
        self._limit = service.settings.server.max_body_mb

    async def create(self, request: Request) -> Response:
        """Write a response, which is kept unless `store` is false."""
        wanted = response_request(await read_object(request, self._limit))
        create = partial(self._responses.create, caller_of(request), wanted_of(wanted))
        return Created(create, stream=wanted.stream)

    async def count_input(self, request: Request) -> InputTokens:
        """Count the tokens that a response's model would read, without writing it."""
        body = await read_object(request, self._limit)
        wanted = wanted_of(response_request(body, INPUT_TOKENS))
        model = wanted.ask.model
        await allowed.check(self._service, request, model)
        prompt = await self._responses.prompt(owner_of(request), wanted)
        count = await self._service.tokens.count(model, prompt)
        return {"object": "response.input_tokens", "input_tokens": count}

    async def get(self, request: Request, response_id: str) -> Response:
        """A stored response; with `stream`, the events of one in the background."""
        query = query_of(request, RetrieveQuery)
        caller, language = caller_of(request), language_of(request.scope)
        if not query.stream:
            if query.starting_after is not None:
                raise conflict("starting_after", query.starting_after, "stream", False)
            record = await self._responses.get(caller.id, known_id(response_id))
            return json_of(record, language)
        run = await self._responses.follow(caller.id, known_id(response_id))
        after = FROM_THE_BEGINNING if query.starting_after is None else query.starting_after
        return events_of(self._runs.read(run.follow(), caller), language, after=after)

    async def delete(self, request: Request, response_id: str) -> DeletedResponse:
        """Delete a response; one that runs is ended first."""
        query_of(request, Query)
        await self._responses.delete(owner_of(request), known_id(response_id))
        return {"id": response_id, "object": "response", "deleted": True}

    async def cancel(self, request: Request, response_id: str) -> Response:
        """End a response that runs in the background."""
        record = await self._responses.cancel(owner_of(request), known_id(response_id))
        return json_of(record, language_of(request.scope))

    async def input_items(self, request: Request, response_id: str) -> ItemList:
        """The items that a response was given, those it went on from included."""
        query = query_of(request, ListQuery)
        items = await self._responses.input_items(owner_of(request), known_id(response_id))
        return page_of(items, after=query.after, limit=query.limit, order=query.order)


class ConversationRoutes:
    """Conversations, over one service."""

    def __init__(self, service: Service) -> None:
        self._conversations = service.conversations
        self._limit = service.settings.server.max_body_mb

    async def create(self, request: Request) -> ConversationBody:
        """Begin a conversation."""
        body = await self._body(request)
        wanted = validated(body, CONVERSATIONS, ConversationRequest)
        conversation = await self._conversations.create(
            owner_of(request), wanted.metadata, received(wanted.items, "items")
        )
        return conversation_body(conversation)

    async def get(self, request: Request, conversation_id: str) -> ConversationBody:
        """A conversation without its items."""
        return conversation_body(
            await self._conversations.get(owner_of(request), known_id(conversation_id))
        )

    async def update(self, request: Request, conversation_id: str) -> ConversationBody:
        """Replace the metadata of a conversation."""
        body = await read_object(request, self._limit)
        wanted = validated(body, CONVERSATION_UPDATE, ConversationUpdate)
        conversation = await self._conversations.update(
            owner_of(request), known_id(conversation_id), wanted.metadata
        )
        return conversation_body(conversation)

    async def delete(self, request: Request, conversation_id: str) -> DeletedConversation:
        """Delete a conversation and its items."""
        await self._conversations.delete(owner_of(request), known_id(conversation_id))
        return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}

    async def add_items(self, request: Request, conversation_id: str) -> ItemList:
        """Add items at the end of a conversation."""
        query_of(request, Query)
        wanted = validated(await self._body(request), CONVERSATION_ITEMS, ItemsRequest)
        added = await self._conversations.add(
            owner_of(request), known_id(conversation_id), received(wanted.items, "items")
        )
        return listed(added)

    async def list_items(self, request: Request, conversation_id: str) -> ItemList:
        """The items of a conversation."""
        query = query_of(request, ListQuery)
        items = await self._conversations.items(owner_of(request), known_id(conversation_id))
        return page_of(items, after=query.after, limit=query.limit, order=query.order)

    async def get_item(
        self, request: Request, conversation_id: str, item_id: str
    ) -> dict[str, Any]:
        """One item of a conversation."""
        query_of(request, Query)
        item = await self._conversations.item(
            owner_of(request), known_id(conversation_id), known_id(item_id)
        )
        return item_body(item)

    async def delete_item(
        self, request: Request, conversation_id: str, item_id: str
    ) -> ConversationBody:
        """Delete one item of a conversation."""
        conversation = await self._conversations.remove(
            owner_of(request), known_id(conversation_id), known_id(item_id)
        )
        return conversation_body(conversation)

    async def _body(self, request: Request) -> dict[str, object]:
        body = await read_object(request, self._limit)
        return {**body, "items": tidied(body.get("items"), "items")}
