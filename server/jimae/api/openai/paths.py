"""The paths of OpenAI's API."""

from __future__ import annotations

from jimae.api.document import EVENTS, KEPT, MODEL, QUERY
from jimae.api.openai.batches.routes import BatchRoutes
from jimae.api.openai.batches.schema import BatchesQuery, BatchRequest
from jimae.api.openai.chat.answers import ChatCompletion
from jimae.api.openai.chat.schema import ChatRequest
from jimae.api.openai.completions.answers import Completion
from jimae.api.openai.completions.schema import CompletionRequest
from jimae.api.openai.embeddings import EmbeddingList, EmbeddingRequest, EmbeddingRoutes
from jimae.api.openai.files.form import DESCRIPTION
from jimae.api.openai.files.routes import Content, FileRoutes
from jimae.api.openai.files.schema import FilesQuery
from jimae.api.openai.responses.bodies import InputTokens, ResponseBody
from jimae.api.openai.responses.routes import ConversationRoutes, ResponseRoutes
from jimae.api.openai.responses.schema import (
    ConversationRequest,
    ConversationUpdate,
    ItemsRequest,
    ListQuery,
    ResponseRequest,
    RetrieveQuery,
)
from jimae.api.openai.routes import OpenAIRoutes
from jimae.api.routing import Routes
from jimae.service.service import Service


def add_to(routes: Routes, service: Service) -> None:
    openai, embeddings, add = OpenAIRoutes(service), EmbeddingRoutes(service), routes.add
    add(
        "POST",
        "/v1/chat/completions",
        openai.create_chat_completion,
        MODEL,
        body=ChatRequest,
        answer=ChatCompletion,
        stream=EVENTS,
    )
    add(
        "POST",
        "/v1/completions",
        openai.create_completion,
        MODEL,
        body=CompletionRequest,
        answer=Completion,
        stream=EVENTS,
    )
    add(
        "POST",
        "/v1/embeddings",
        embeddings.create,
        MODEL,
        body=EmbeddingRequest,
        answer=EmbeddingList,
    )
    _responses(routes, service)
    _conversations(routes, service)
    _files(routes, service)


def _responses(routes: Routes, service: Service) -> None:
    responses, add = ResponseRoutes(service), routes.add
    every, one = "/v1/responses", "/v1/responses/{response_id}"
    add(
        "POST",
        every,
        responses.create,
        MODEL,
        KEPT,
        body=ResponseRequest,
        answer=ResponseBody,
        stream=EVENTS,
    )
    add(
        "POST",
        f"{every}/input_tokens",
        responses.count_input,
        MODEL,
        KEPT,
        body=ResponseRequest,
        answer=InputTokens,
    )
    add(
        "GET",
        one,
        responses.get,
        KEPT,
        query=RetrieveQuery,
        answer=ResponseBody,
        stream=EVENTS,
    )
    add("DELETE", one, responses.delete, KEPT, QUERY)
    add("POST", f"{one}/cancel", responses.cancel, KEPT, QUERY, answer=ResponseBody)
    add("GET", f"{one}/input_items", responses.input_items, KEPT, query=ListQuery)


def _conversations(routes: Routes, service: Service) -> None:
    conversations, add = ConversationRoutes(service), routes.add
    every, one = "/v1/conversations", "/v1/conversations/{conversation_id}"
    items, item = f"{one}/items", f"{one}/items/{{item_id}}"
    add("POST", every, conversations.create, KEPT, body=ConversationRequest)
    add("GET", one, conversations.get, KEPT)
    add("POST", one, conversations.update, KEPT, body=ConversationUpdate)
    add("DELETE", one, conversations.delete, KEPT)
    add("POST", items, conversations.add_items, KEPT, body=ItemsRequest)
    add("GET", items, conversations.list_items, KEPT, query=ListQuery)
    add("GET", item, conversations.get_item, KEPT, QUERY)
    add("DELETE", item, conversations.delete_item, KEPT)


def _files(routes: Routes, service: Service) -> None:
    """Files, and the batches that are read from them."""
    files, batches, add = FileRoutes(service), BatchRoutes(service), routes.add
    every, one = "/v1/files", "/v1/files/{file_id}"
    add("POST", every, files.create, KEPT, body=DESCRIPTION)
    add("GET", every, files.list, KEPT, query=FilesQuery)
    add("GET", one, files.get, KEPT)
    add("DELETE", one, files.delete, KEPT)
    add("GET", f"{one}/content", files.content, KEPT, content={Content.media_type: {}})

    every, one = "/v1/batches", "/v1/batches/{batch_id}"
    add("POST", every, batches.create, KEPT, body=BatchRequest)
    add("GET", every, batches.list, KEPT, query=BatchesQuery)
    add("GET", one, batches.get, KEPT)
    add("POST", f"{one}/cancel", batches.cancel, KEPT)
