"""The HTTP application: every route and every layer, in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import jimae
from jimae.api import errors
from jimae.api.anthropic.answers import Message
from jimae.api.anthropic.errors import Envelope as AnthropicEnvelope
from jimae.api.anthropic.routes import AnthropicRoutes
from jimae.api.anthropic.schema import CountTokensRequest, MessagesRequest
from jimae.api.guard import LocalOnly
from jimae.api.health import HealthRoutes, Ready
from jimae.api.ollama.answers import Line
from jimae.api.ollama.embed import EmbedBody, EmbedRequest, EmbedRoutes, OldEmbedRequest
from jimae.api.ollama.errors import Envelope as OllamaEnvelope
from jimae.api.ollama.routes import OllamaRoutes
from jimae.api.ollama.schema import (
    OllamaChatRequest,
    OllamaGenerateRequest,
    PullRequest,
    ShowRequest,
)
from jimae.api.openai.batches.endpoints import BatchEndpoints
from jimae.api.openai.batches.routes import BatchRoutes
from jimae.api.openai.batches.schema import BatchRequest
from jimae.api.openai.chat.answers import ChatCompletion
from jimae.api.openai.chat.schema import ChatRequest
from jimae.api.openai.completions.answers import Completion
from jimae.api.openai.completions.schema import CompletionRequest
from jimae.api.openai.embeddings import EmbeddingList, EmbeddingRequest, EmbeddingRoutes
from jimae.api.openai.files.form import DESCRIPTION as FILE_FORM
from jimae.api.openai.files.routes import FileRoutes
from jimae.api.openai.responses.queries import described
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
from jimae.api.page import Page, SecurityHeaders, page_directory
from jimae.api.rerank import RerankBody, RerankRequest, RerankRoutes
from jimae.api.tokenizer import DetokenizeRequest, TokenizeRequest, TokenizerRoutes
from jimae.service.service import Service
from jimae.settings import Settings

REF = "#/components/schemas/{model}"
# Bodies that are read with our own limits, and described here.
REQUESTS: tuple[type[BaseModel], ...] = (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    RerankRequest,
    TokenizeRequest,
    DetokenizeRequest,
    ResponseRequest,
    ConversationRequest,
    ConversationUpdate,
    ItemsRequest,
    BatchRequest,
    MessagesRequest,
    CountTokensRequest,
    OllamaChatRequest,
    OllamaGenerateRequest,
    EmbedRequest,
    OldEmbedRequest,
    ShowRequest,
    PullRequest,
)


def create_app(settings: Settings, service: Service) -> FastAPI:
    """The application over one service, which it starts and closes.

    The only documentation it serves is /openapi.json: the usual pages load
    their scripts from elsewhere.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            await service.batches.start(BatchEndpoints(service))
            yield
        finally:
            await service.close()

    app = FastAPI(
        title="jimae",
        version=jimae.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    errors.install(app)
    app.add_middleware(LocalOnly)
    app.add_middleware(SecurityHeaders)

    failed: dict[int | str, dict[str, Any]] = {"default": {"model": errors.Envelope}}
    openai, health = OpenAIRoutes(service), HealthRoutes(service)
    tokenizer = TokenizerRoutes(service)
    responses, conversations = ResponseRoutes(service), ConversationRoutes(service)
    get, post, delete = app.get, app.post, app.delete

    get("/v1/models", responses=failed)(openai.list_models)
    get("/v1/models/{model_id:path}", responses=failed)(openai.get_model)
    post(
        "/v1/chat/completions",
        responses={200: {"model": ChatCompletion}, **failed},
        openapi_extra=_body(ChatRequest),
    )(openai.create_chat_completion)
    post(
        "/v1/completions",
        responses={200: {"model": Completion}, **failed},
        openapi_extra=_body(CompletionRequest),
    )(openai.create_completion)

    post(
        "/v1/embeddings",
        responses={200: {"model": EmbeddingList}, **failed},
        openapi_extra=_body(EmbeddingRequest),
    )(EmbeddingRoutes(service).create)
    post(
        "/v1/rerank",
        responses={200: {"model": RerankBody}, **failed},
        openapi_extra=_body(RerankRequest),
    )(RerankRoutes(service).create)

    one = "/v1/responses/{response_id}"
    post("/v1/responses", responses=failed, openapi_extra=_body(ResponseRequest))(responses.create)
    retrieved, paged = described(RetrieveQuery), described(ListQuery)
    get(one, responses=failed, openapi_extra=retrieved)(responses.get)
    delete(one, responses=failed)(responses.delete)
    post(f"{one}/cancel", responses=failed)(responses.cancel)
    get(f"{one}/input_items", responses=failed, openapi_extra=paged)(responses.input_items)

    begin, change = _body(ConversationRequest), _body(ConversationUpdate)
    one = "/v1/conversations/{conversation_id}"
    post("/v1/conversations", responses=failed, openapi_extra=begin)(conversations.create)
    get(one, responses=failed)(conversations.get)
    post(one, responses=failed, openapi_extra=change)(conversations.update)
    delete(one, responses=failed)(conversations.delete)
    add = _body(ItemsRequest)
    post(f"{one}/items", responses=failed, openapi_extra=add)(conversations.add_items)
    get(f"{one}/items", responses=failed, openapi_extra=paged)(conversations.list_items)
    get(f"{one}/items/{{item_id}}", responses=failed)(conversations.get_item)
    delete(f"{one}/items/{{item_id}}", responses=failed)(conversations.delete_item)

    files, batches = FileRoutes(service), BatchRoutes(service)
    one = "/v1/files/{file_id}"
    post("/v1/files", responses=failed, openapi_extra=FILE_FORM)(files.create)
    get("/v1/files", responses=failed)(files.list)
    get(one, responses=failed)(files.get)
    delete(one, responses=failed)(files.delete)
    get(f"{one}/content", responses=failed)(files.content)
    one = "/v1/batches/{batch_id}"
    post("/v1/batches", responses=failed, openapi_extra=_body(BatchRequest))(batches.create)
    get("/v1/batches", responses=failed)(batches.list)
    get(one, responses=failed)(batches.get)
    post(f"{one}/cancel", responses=failed)(batches.cancel)

    get("/tokenizer_info", responses=failed)(tokenizer.info)
    post("/tokenize", responses=failed, openapi_extra=_body(TokenizeRequest))(tokenizer.tokenize)
    post("/detokenize", responses=failed, openapi_extra=_body(DetokenizeRequest))(
        tokenizer.detokenize
    )

    anthropic = AnthropicRoutes(service)
    declined: dict[int | str, dict[str, Any]] = {"default": {"model": AnthropicEnvelope}}
    post(
        "/v1/messages",
        responses={200: {"model": Message}, **declined},
        openapi_extra=_body(MessagesRequest),
    )(anthropic.create_message)
    post(
        "/v1/messages/count_tokens",
        responses=declined,
        openapi_extra=_body(CountTokensRequest),
    )(anthropic.count_tokens)

    ollama = OllamaRoutes(service)
    declined = {"default": {"model": OllamaEnvelope}}
    written = {200: {"model": Line}, **declined}
    post("/api/chat", responses=written, openapi_extra=_body(OllamaChatRequest))(ollama.chat)
    post("/api/generate", responses=written, openapi_extra=_body(OllamaGenerateRequest))(
        ollama.generate
    )
    embed = EmbedRoutes(service)
    post(
        "/api/embed",
        responses={200: {"model": EmbedBody}, **declined},
        openapi_extra=_body(EmbedRequest),
    )(embed.create)
    post("/api/embeddings", responses=declined, openapi_extra=_body(OldEmbedRequest))(
        embed.create_old
    )
    get("/api/tags", responses=declined)(ollama.tags)
    get("/api/ps", responses=declined)(ollama.ps)
    get("/api/version", responses=declined)(ollama.version)
    post("/api/show", responses=declined, openapi_extra=_body(ShowRequest))(ollama.show)
    post("/api/pull", responses=declined, openapi_extra=_body(PullRequest))(ollama.pull)
    for name in ("create", "copy", "push"):
        post(f"/api/{name}", responses=declined, name=f"{name}_model")(ollama.change)
    delete("/api/delete", responses=declined, name="delete_model")(ollama.change)

    get("/health/live")(health.live)
    get("/health/ready", responses={200: {"model": Ready}, 503: {"model": Ready}})(health.ready)
    get("/api/status", responses=failed)(health.status)

    # Not a mount: one at "/" would take a wrong method on a route above for its own.
    app.router.default = Page(page_directory())
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _body(schema: type[BaseModel]) -> dict[str, Any]:
    """The description of a JSON body. FastAPI would read the body itself, without our limits."""
    content = {"application/json": {"schema": {"$ref": REF.format(model=schema.__name__)}}}
    return {"requestBody": {"required": True, "content": content}}


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        _, requests = models_json_schema(
            [(request, "validation") for request in REQUESTS], ref_template=REF
        )
        document["components"]["schemas"].update(requests["$defs"])
        app.openapi_schema = document
    return app.openapi_schema
