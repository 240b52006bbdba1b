"""The HTTP application: every route and every layer, in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

import jimae
from jimae.api import errors
from jimae.api.access import Access
from jimae.api.anthropic.answers import Message
from jimae.api.anthropic.routes import AnthropicRoutes
from jimae.api.anthropic.schema import CountTokensRequest, MessagesRequest
from jimae.api.document import (
    BODY,
    EVENTS,
    FOUND,
    KEPT,
    LINES,
    MODEL,
    QUERY,
    REF,
    WAIT,
    Responses,
    answers,
    anthropic_failures,
    envelopes,
    failures,
    query,
)
from jimae.api.finding_headers import FindingHeaders
from jimae.api.guard import Guard
from jimae.api.health import HealthRoutes, Ready
from jimae.api.jimae.audit import CSV, JSON_LINES, AuditRoutes
from jimae.api.jimae.audit_schema import (
    AuditDeletionRequest,
    AuditExportQuery,
    AuditPage,
    CertificatesQuery,
    HoldRequest,
    RetentionRequest,
)
from jimae.api.jimae.chat_bodies import OpenedBody
from jimae.api.jimae.chat_schema import (
    AnswerRequest,
    AskRequest,
    ChatsFile,
    ChatsQuery,
    ChatUpdate,
    DeleteQuery,
    EventsQuery,
    ExportQuery,
    FolderRequest,
    FolderUpdate,
    NewChatRequest,
    OpenQuery,
    SearchQuery,
    SharedQuery,
    ShareRequest,
    UnshareQuery,
)
from jimae.api.jimae.chats import ChatRoutes, FolderRoutes
from jimae.api.jimae.directories import DirectoryRoutes
from jimae.api.jimae.feedback import LINES as JSONL
from jimae.api.jimae.feedback import (
    ComparisonRequest,
    FeedbackRoutes,
    JudgedQuery,
    JudgementRequest,
)
from jimae.api.jimae.groups import GroupRoutes
from jimae.api.jimae.keys import KeyRequest, KeyRoutes, KeysQuery, NewKeyBody, OwnKeysQuery
from jimae.api.jimae.limits import LimitBody, LimitRequest, LimitRoutes
from jimae.api.jimae.me import MeRoutes
from jimae.api.jimae.models import ImportRequest, ModelAdminRoutes
from jimae.api.jimae.people import PeopleRoutes
from jimae.api.jimae.policy import AcceptRequest, CheckRequest, PolicyRoutes
from jimae.api.jimae.policy_admin import (
    AcceptedQuery,
    PolicyAdminRoutes,
    RuleRequest,
    TextRequest,
    TrustRequest,
    WordRequest,
)
from jimae.api.jimae.preferences import PreferenceRoutes, PreferencesRequest
from jimae.api.jimae.schema import (
    DeleteUserQuery,
    GroupRequest,
    GroupsQuery,
    MemberRequest,
    MeRequest,
    NewGroupRequest,
    NewUserRequest,
    PasswordRequest,
    SetupRequest,
    SignInRequest,
    UserRequest,
    UsersQuery,
)
from jimae.api.jimae.session import SessionBody, SessionRoutes
from jimae.api.jimae.statistics import StatisticsBody, StatisticsQuery, StatisticsRoutes
from jimae.api.jimae.system import SystemRoutes
from jimae.api.jimae.templates import TemplateImport, TemplateRequest, TemplateRoutes
from jimae.api.limit_headers import LimitHeaders
from jimae.api.models import ModelRoutes
from jimae.api.ollama.answers import Line, StatusBody
from jimae.api.ollama.embed import (
    EmbedBody,
    EmbedRequest,
    EmbedRoutes,
    OldEmbedBody,
    OldEmbedRequest,
)
from jimae.api.ollama.routes import OllamaRoutes
from jimae.api.ollama.schema import (
    OllamaChatRequest,
    OllamaGenerateRequest,
    PullRequest,
    ShowRequest,
)
from jimae.api.openai.batches.endpoints import BatchEndpoints
from jimae.api.openai.batches.routes import BatchRoutes
from jimae.api.openai.batches.schema import BatchesQuery, BatchRequest
from jimae.api.openai.chat.answers import ChatCompletion
from jimae.api.openai.chat.schema import ChatRequest
from jimae.api.openai.completions.answers import Completion
from jimae.api.openai.completions.schema import CompletionRequest
from jimae.api.openai.embeddings import EmbeddingList, EmbeddingRequest, EmbeddingRoutes
from jimae.api.openai.files.form import DESCRIPTION as FILE_FORM
from jimae.api.openai.files.routes import Content, FileRoutes
from jimae.api.openai.files.schema import FilesQuery
from jimae.api.openai.responses.bodies import ResponseBody
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
from jimae.api.scim.document import BODY as SCIM_BODY
from jimae.api.scim.document import SEARCH as SCIM_SEARCH
from jimae.api.scim.document import answers as scim_answers
from jimae.api.scim.errors import PREFIX as SCIM
from jimae.api.scim.routes import ScimRoutes
from jimae.api.tokenizer import DetokenizeRequest, TokenizeRequest, TokenizerRoutes
from jimae.service.service import Service
from jimae.settings import Settings

# Bodies that are read with our own limits, and described here.
REQUESTS: tuple[type[BaseModel], ...] = (
    ImportRequest,
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
    KeyRequest,
    LimitRequest,
    AcceptRequest,
    CheckRequest,
    TextRequest,
    RuleRequest,
    WordRequest,
    TrustRequest,
    NewChatRequest,
    ChatUpdate,
    ChatsFile,
    AskRequest,
    AnswerRequest,
    ShareRequest,
    FolderRequest,
    FolderUpdate,
    TemplateRequest,
    TemplateImport,
    PreferencesRequest,
    JudgementRequest,
    ComparisonRequest,
    SignInRequest,
    AuditDeletionRequest,
    HoldRequest,
    RetentionRequest,
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
        dependencies=[Depends(Access(service))],
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    errors.install(app)
    app.add_middleware(LimitHeaders, limits=service.limits)
    app.add_middleware(Guard, accounts=service.accounts, settings=settings.server)
    app.add_middleware(FindingHeaders)
    app.add_middleware(SecurityHeaders)

    openai, health = OpenAIRoutes(service), HealthRoutes(service)
    tokenizer = TokenizerRoutes(service)
    responses, conversations = ResponseRoutes(service), ConversationRoutes(service)
    get, post, delete = app.get, app.post, app.delete
    failed = partial(failures, "Error")

    models = ModelRoutes(service)
    get("/v1/models", responses=failed(QUERY))(models.list_models)
    get("/v1/models/{model_id:path}", responses=failed(FOUND))(models.get_model)
    written = failed(BODY, MODEL)
    post(
        "/v1/chat/completions",
        responses=answers(ChatCompletion, written, EVENTS),
        openapi_extra=_body(ChatRequest),
    )(openai.create_chat_completion)
    post(
        "/v1/completions",
        responses=answers(Completion, written, EVENTS),
        openapi_extra=_body(CompletionRequest),
    )(openai.create_completion)

    post(
        "/v1/embeddings",
        responses=answers(EmbeddingList, written),
        openapi_extra=_body(EmbeddingRequest),
    )(EmbeddingRoutes(service).create)
    post(
        "/v1/rerank",
        responses=answers(RerankBody, written),
        openapi_extra=_body(RerankRequest),
    )(RerankRoutes(service).create)

    one = "/v1/responses/{response_id}"
    post(
        "/v1/responses",
        responses=answers(ResponseBody, failed(BODY, MODEL, KEPT), EVENTS),
        openapi_extra=_body(ResponseRequest),
    )(responses.create)
    kept, listed, changed = failed(KEPT), failed(KEPT, QUERY), failed(KEPT, BODY)
    paged = query(ListQuery)
    get(
        one,
        responses=answers(ResponseBody, listed, EVENTS),
        openapi_extra=query(RetrieveQuery),
    )(responses.get)
    delete(one, responses=listed)(responses.delete)
    post(f"{one}/cancel", responses=answers(ResponseBody, listed))(responses.cancel)
    get(f"{one}/input_items", responses=listed, openapi_extra=paged)(responses.input_items)

    begin, change = _body(ConversationRequest), _body(ConversationUpdate)
    one = "/v1/conversations/{conversation_id}"
    post("/v1/conversations", responses=changed, openapi_extra=begin)(conversations.create)
    get(one, responses=kept)(conversations.get)
    post(one, responses=changed, openapi_extra=change)(conversations.update)
    delete(one, responses=kept)(conversations.delete)
    add = _body(ItemsRequest)
    post(f"{one}/items", responses=changed, openapi_extra=add)(conversations.add_items)
    get(f"{one}/items", responses=listed, openapi_extra=paged)(conversations.list_items)
    get(f"{one}/items/{{item_id}}", responses=listed)(conversations.get_item)
    delete(f"{one}/items/{{item_id}}", responses=kept)(conversations.delete_item)

    files, batches = FileRoutes(service), BatchRoutes(service)
    one = "/v1/files/{file_id}"
    post("/v1/files", responses=changed, openapi_extra=FILE_FORM)(files.create)
    get("/v1/files", responses=listed, openapi_extra=query(FilesQuery))(files.list)
    get(one, responses=kept)(files.get)
    delete(one, responses=kept)(files.delete)
    get(
        f"{one}/content",
        responses={200: {"content": {Content.media_type: {}}}, **kept},
        response_class=Response,
    )(files.content)
    one = "/v1/batches/{batch_id}"
    post("/v1/batches", responses=changed, openapi_extra=_body(BatchRequest))(batches.create)
    get("/v1/batches", responses=listed, openapi_extra=query(BatchesQuery))(batches.list)
    get(one, responses=kept)(batches.get)
    post(f"{one}/cancel", responses=kept)(batches.cancel)

    get("/tokenizer_info", responses=failed(QUERY, MODEL))(tokenizer.info)
    post("/tokenize", responses=written, openapi_extra=_body(TokenizeRequest))(tokenizer.tokenize)
    post("/detokenize", responses=written, openapi_extra=_body(DetokenizeRequest))(
        tokenizer.detokenize
    )

    anthropic = AnthropicRoutes(service)
    declined = anthropic_failures(BODY, MODEL)
    post(
        "/v1/messages",
        responses=answers(Message, declined, EVENTS),
        openapi_extra=_body(MessagesRequest),
    )(anthropic.create_message)
    post(
        "/v1/messages/count_tokens",
        responses=declined,
        openapi_extra=_body(CountTokensRequest),
    )(anthropic.count_tokens)

    ollama = OllamaRoutes(service)
    failed = partial(failures, "OllamaError")
    declined = failed(BODY, MODEL)
    line = answers(Line, declined, LINES)
    post("/api/chat", responses=line, openapi_extra=_body(OllamaChatRequest))(ollama.chat)
    post("/api/generate", responses=line, openapi_extra=_body(OllamaGenerateRequest))(
        ollama.generate
    )
    embed = EmbedRoutes(service)
    post(
        "/api/embed",
        responses=answers(EmbedBody, declined),
        openapi_extra=_body(EmbedRequest),
    )(embed.create)
    post(
        "/api/embeddings",
        responses=answers(OldEmbedBody, declined),
        openapi_extra=_body(OldEmbedRequest),
    )(embed.create_old)
    get("/api/tags", responses=failed())(ollama.tags)
    get("/api/ps", responses=failed())(ollama.ps)
    get("/api/version", responses=failed())(ollama.version)
    post("/api/show", responses=declined, openapi_extra=_body(ShowRequest))(ollama.show)
    post(
        "/api/pull",
        responses=answers(StatusBody, declined, LINES),
        openapi_extra=_body(PullRequest),
    )(ollama.pull)
    # These are always refused, so they have no answer that is none.
    for name in ("create", "copy", "push"):
        post(f"/api/{name}", name=f"{name}_model", status_code=403, responses=failed())(
            ollama.change
        )
    delete("/api/delete", name="delete_model", status_code=403, responses=failed())(ollama.change)

    failed = partial(failures, "Error")
    templates, preferences = TemplateRoutes(service), PreferenceRoutes(service)
    one, changed = "/jimae/templates/{template_id}", failed(KEPT, BODY)
    get("/jimae/templates", responses=failed())(templates.list)
    post("/jimae/templates", responses=changed, openapi_extra=_body(TemplateRequest))(
        templates.create
    )
    get("/jimae/templates/export", responses=failed())(templates.export)
    post("/jimae/templates/import", responses=changed, openapi_extra=_body(TemplateImport))(
        templates.import_
    )
    post(one, responses=changed, openapi_extra=_body(TemplateRequest))(templates.update)
    delete(one, responses=failed(KEPT))(templates.delete)
    get("/jimae/preferences", responses=failed())(preferences.get)
    post("/jimae/preferences", responses=changed, openapi_extra=_body(PreferencesRequest))(
        preferences.set
    )
    feedback = FeedbackRoutes(service)
    judged = query(JudgedQuery)
    get("/jimae/feedback", responses=failed(QUERY), openapi_extra=judged)(feedback.judged)
    post("/jimae/feedback", responses=changed, openapi_extra=_body(JudgementRequest))(
        feedback.judge
    )
    delete("/jimae/feedback/{turn_id}", responses=failed(KEPT))(feedback.take_back)
    get("/jimae/comparisons", responses=failed())(feedback.standings)
    post("/jimae/comparisons", responses=changed, openapi_extra=_body(ComparisonRequest))(
        feedback.vote
    )
    get(
        "/jimae/admin/feedback/export",
        responses={200: {"content": {JSONL: {}}}, **failed()},
        response_class=Response,
    )(feedback.export)

    chats, folders = ChatRoutes(service), FolderRoutes(service)
    events: Responses = {200: {"content": {EVENTS: {"schema": {"type": "string"}}}}}
    listed, read = failed(KEPT, QUERY), failed(KEPT, BODY)
    get("/jimae/chats", responses=listed, openapi_extra=query(ChatsQuery))(chats.list)
    post("/jimae/chats", responses=read, openapi_extra=_body(NewChatRequest))(chats.create)
    get("/jimae/chats/shared", responses=listed, openapi_extra=query(SharedQuery))(chats.shared)
    get("/jimae/chats/search", responses=listed, openapi_extra=query(SearchQuery))(chats.search)
    get("/jimae/chats/events", responses={**events, **failed(QUERY)}, response_class=Response)(
        chats.events
    )
    delete("/jimae/chats/trash", responses=failed(KEPT))(chats.empty_trash)
    file: Responses = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}
    get("/jimae/chats/export", responses={**file, **failed(QUERY)}, response_class=Response)(
        chats.export_all
    )
    post("/jimae/chats/import", responses=read, openapi_extra=_body(ChatsFile))(chats.import_)
    one = "/jimae/chats/{chat_id}"
    shown = answers(OpenedBody, listed)
    get(one, responses=shown, openapi_extra=query(OpenQuery))(chats.get)
    post(one, responses=answers(OpenedBody, read), openapi_extra=_body(ChatUpdate))(chats.update)
    delete(one, responses=listed, openapi_extra=query(DeleteQuery))(chats.delete)
    texts = {**file[200]["content"], "text/markdown": {"schema": {"type": "string"}}}
    get(
        f"{one}/export",
        responses={200: {"content": texts}, **listed},
        openapi_extra=query(ExportQuery),
        response_class=Response,
    )(chats.export)
    post(f"{one}/restore", responses=failed(KEPT))(chats.restore)
    post(f"{one}/ask", responses=read, openapi_extra=_body(AskRequest))(chats.ask)
    get(f"{one}/turns/{{turn_id}}", responses=listed)(chats.get_turn)
    post(f"{one}/turns/{{turn_id}}/answer", responses=read, openapi_extra=_body(AnswerRequest))(
        chats.answer
    )
    post(f"{one}/turns/{{turn_id}}/continue", responses=failed(KEPT))(chats.go_on)
    get(
        f"{one}/runs/{{run_id}}/events",
        responses={**events, **listed},
        openapi_extra=query(EventsQuery),
        response_class=Response,
    )(chats.run_events)
    post(f"{one}/runs/{{run_id}}/stop", responses=failed(KEPT))(chats.stop)
    post(f"{one}/share", responses=read, openapi_extra=_body(ShareRequest))(chats.share)
    delete(f"{one}/share", responses=listed, openapi_extra=query(UnshareQuery))(chats.unshare)
    one = "/jimae/folders/{folder_id}"
    get("/jimae/folders", responses=failed())(folders.list)
    post("/jimae/folders", responses=read, openapi_extra=_body(FolderRequest))(folders.create)
    post(one, responses=read, openapi_extra=_body(FolderUpdate))(folders.update)
    delete(one, responses=failed(KEPT))(folders.delete)
    keys, limits, figures = KeyRoutes(service), LimitRoutes(service), StatisticsRoutes(service)
    one, made = "/jimae/me/keys/{key_id}", answers(NewKeyBody, failed(KEPT, BODY))
    listed, gone = failed(KEPT, QUERY), failed(KEPT)
    get("/jimae/me/keys", responses=listed, openapi_extra=query(OwnKeysQuery))(keys.list_own)
    post("/jimae/me/keys", responses=made, openapi_extra=_body(KeyRequest))(keys.create)
    delete(one, responses=gone)(keys.revoke_own)
    get("/jimae/admin/keys", responses=listed, openapi_extra=query(KeysQuery))(keys.list_all)
    delete("/jimae/admin/keys/{key_id}", responses=gone)(keys.revoke)
    one, changed = "/jimae/admin/limits/{subject}", answers(LimitBody, failed(KEPT, BODY))
    get("/jimae/me/usage", responses=failed())(limits.usage)
    get("/jimae/admin/limits", responses=failed())(limits.list)
    get(one, responses=answers(LimitBody, gone))(limits.get)
    app.put(one, responses=changed, openapi_extra=_body(LimitRequest))(limits.put)
    delete(one, responses=answers(LimitBody, gone))(limits.delete)
    get(
        "/jimae/admin/statistics",
        responses=answers(StatisticsBody, listed, "text/csv"),
        openapi_extra=query(StatisticsQuery),
    )(figures.get)
    unready: Responses = {503: {"model": Ready | errors.Envelope}}
    get("/health/live", responses=failed())(health.live)
    get("/health/ready", responses=answers(Ready, {**failed(), **unready}))(health.ready)
    get("/api/status", responses=failed())(health.status)

    sessions = SessionRoutes(service)
    signed = answers(SessionBody, failed(BODY, WAIT))
    get("/jimae/session", responses=failed())(sessions.get)
    post("/jimae/session", responses=signed, openapi_extra=_body(SignInRequest))(sessions.sign_in)
    delete("/jimae/session", responses=answers(SessionBody, failed()))(sessions.sign_out)
    begun = answers(SessionBody, failed(BODY, KEPT, WAIT))
    post("/jimae/setup", responses=begun, openapi_extra=_body(SetupRequest))(sessions.set_up)
    _add_people(app, service)
    _add_audit(app, service)
    _add_directories(app, service)

    policy, rules = PolicyRoutes(service), PolicyAdminRoutes(service)
    changed, listed = failed(KEPT, BODY), failed(KEPT, QUERY)
    get("/jimae/policy", responses=failed())(policy.get)
    post("/jimae/policy/check", responses=changed, openapi_extra=_body(CheckRequest))(policy.check)
    post("/jimae/me/policy", responses=changed, openapi_extra=_body(AcceptRequest))(policy.accept)
    one = "/jimae/admin/policy"
    get(one, responses=failed())(rules.overview)
    get(f"{one}/texts", responses=failed())(rules.list_texts)
    post(f"{one}/texts", responses=changed, openapi_extra=_body(TextRequest))(rules.publish)
    get(f"{one}/template", responses=failed())(rules.template)
    get(f"{one}/accepted", responses=listed, openapi_extra=query(AcceptedQuery))(rules.accepted)
    app.put(f"{one}/rules", responses=changed, openapi_extra=_body(RuleRequest))(rules.set_rule)
    delete(f"{one}/rules/{{rule_id}}", responses=failed(KEPT))(rules.delete_rule)
    post(f"{one}/words", responses=changed, openapi_extra=_body(WordRequest))(rules.add_word)
    delete(f"{one}/words/{{word_id}}", responses=failed(KEPT))(rules.delete_word)
    app.put(f"{one}/models", responses=changed, openapi_extra=_body(TrustRequest))(rules.trust)

    cards, system = ModelAdminRoutes(service), SystemRoutes(service)
    one, acted = "/jimae/admin/models/{model_id}", failed(MODEL, KEPT)
    get("/jimae/models", responses=failed())(cards.cards)
    get("/jimae/admin/models", responses=failed())(cards.list)
    post(f"{one}/load", responses=acted)(cards.load)
    post(f"{one}/unload", responses=acted)(cards.unload)
    post(
        "/jimae/admin/imports",
        responses=failed(BODY, MODEL, KEPT),
        openapi_extra=_body(ImportRequest),
    )(cards.import_)
    get("/jimae/admin/queue", responses=failed())(system.queue)
    get("/jimae/admin/system", responses=failed())(system.system)
    get("/jimae/admin/settings", responses=failed())(system.settings)

    # Not a mount: one at "/" would take a wrong method on a route above for its own.
    app.router.default = Page(page_directory())
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _add_people(app: FastAPI, service: Service) -> None:
    """One's own account, and those that one looks after."""
    get, post, delete = app.get, app.post, app.delete
    me, people, groups = MeRoutes(service), PeopleRoutes(service), GroupRoutes(service)
    failed = partial(failures, "Error")
    kept, listed, changed = failed(KEPT), failed(KEPT, QUERY), failed(KEPT, BODY, WAIT)

    get("/jimae/me", responses=kept)(me.get)
    post("/jimae/me", responses=changed, openapi_extra=_body(MeRequest))(me.change)
    post("/jimae/me/password", responses=changed, openapi_extra=_body(PasswordRequest))(
        me.change_password
    )
    get("/jimae/me/sessions", responses=kept)(me.list_sessions)
    delete("/jimae/me/sessions", responses=kept)(me.end_other_sessions)
    delete("/jimae/me/sessions/{session_id}", responses=kept)(me.end_session)

    every, one = "/jimae/admin/users", "/jimae/admin/users/{user_id}"
    get(every, responses=listed, openapi_extra=query(UsersQuery))(people.list)
    post(every, responses=changed, openapi_extra=_body(NewUserRequest))(people.create)
    get(one, responses=kept)(people.get)
    post(one, responses=changed, openapi_extra=_body(UserRequest))(people.change)
    delete(one, responses=listed, openapi_extra=query(DeleteUserQuery))(people.delete)
    post(f"{one}/password", responses=failed(KEPT, WAIT))(people.reset_password)
    get(f"{one}/sessions", responses=kept)(people.list_sessions)
    delete(f"{one}/sessions", responses=kept)(people.end_sessions)
    delete(f"{one}/sessions/{{session_id}}", responses=kept)(people.end_session)

    every, one = "/jimae/admin/groups", "/jimae/admin/groups/{group_id}"
    get(every, responses=listed, openapi_extra=query(GroupsQuery))(groups.list)
    post(every, responses=changed, openapi_extra=_body(NewGroupRequest))(groups.create)
    get(one, responses=kept)(groups.get)
    post(one, responses=changed, openapi_extra=_body(GroupRequest))(groups.change)
    delete(one, responses=kept)(groups.delete)
    members = f"{one}/members"
    get(members, responses=listed, openapi_extra=query(GroupsQuery))(groups.list_members)
    post(members, responses=changed, openapi_extra=_body(MemberRequest))(groups.add_member)
    delete(f"{members}/{{user_id}}", responses=kept)(groups.remove_member)


def _add_directories(app: FastAPI, service: Service) -> None:
    """Signing in at a provider, and what directories keep here by SCIM."""
    get, directories = app.get, DirectoryRoutes(service)
    failed = partial(failures, "Error")
    page: Responses = {
        status: {"content": {"text/html": {}, **described["content"]}}
        for status, described in failed(FOUND, (400, 401, 422, 502)).items()
    }
    one = "/jimae/session/providers/{provider_id}"
    for path, handler in ((one, directories.begin), (f"{one}/callback", directories.end)):
        get(path, status_code=303, responses=page, response_class=Response)(handler)
    get("/jimae/admin/directories", responses=failed())(directories.list)

    scim, base = ScimRoutes(service), SCIM
    # Their media type is SCIM's own.
    get, post = partial(get, response_class=Response), partial(app.post, response_class=Response)
    put, patch = (
        partial(app.put, response_class=Response),
        partial(app.patch, response_class=Response),
    )
    delete = partial(app.delete, response_class=Response)
    shown, written = scim_answers(400, 404), scim_answers(400, 404, 409, 413, 415, 507)
    made = scim_answers(400, 404, 409, 413, 415, 507, good=201)
    gone = scim_answers(404, 507, good=204)
    get(f"{base}/ServiceProviderConfig", responses=shown)(scim.config)
    get(f"{base}/Schemas", responses=shown)(scim.schemas)
    get(f"{base}/Schemas/{{schema_id}}", responses=shown)(scim.schema)
    get(f"{base}/ResourceTypes", responses=shown)(scim.resource_types)
    get(f"{base}/ResourceTypes/{{type_id}}", responses=shown)(scim.resource_type)
    every, one = f"{base}/Users", f"{base}/Users/{{user_id}}"
    get(every, responses=shown, openapi_extra=SCIM_SEARCH)(scim.list_users)
    post(every, status_code=201, responses=made, openapi_extra=SCIM_BODY)(scim.create_user)
    get(one, responses=shown)(scim.get_user)
    put(one, responses=written, openapi_extra=SCIM_BODY)(scim.replace_user)
    patch(one, responses=written, openapi_extra=SCIM_BODY)(scim.patch_user)
    delete(one, status_code=204, responses=gone)(scim.delete_user)
    every, one = f"{base}/Groups", f"{base}/Groups/{{group_id}}"
    get(every, responses=shown, openapi_extra=SCIM_SEARCH)(scim.list_groups)
    post(every, status_code=201, responses=made, openapi_extra=SCIM_BODY)(scim.create_group)
    get(one, responses=shown)(scim.get_group)
    put(one, responses=written, openapi_extra=SCIM_BODY)(scim.replace_group)
    patch(one, responses=written, openapi_extra=SCIM_BODY)(scim.patch_group)
    delete(one, status_code=204, responses=gone)(scim.delete_group)


def _add_audit(app: FastAPI, service: Service) -> None:
    """The audit log."""
    get, post, audit = app.get, app.post, AuditRoutes(service)
    failed = partial(failures, "Error")
    kept, listed, changed = failed(KEPT), failed(KEPT, QUERY), failed(KEPT, BODY)
    every = "/jimae/admin/audit"
    get(every, responses=listed, openapi_extra=query(AuditPage))(audit.search)
    get(f"{every}/records/{{seq}}", responses=kept)(audit.record)
    get(f"{every}/records/{{seq}}/content", responses=kept)(audit.content)
    get(
        f"{every}/export",
        responses={200: {"content": {JSON_LINES: {}, CSV: {}}}, **listed},
        openapi_extra=query(AuditExportQuery),
        response_class=Response,
    )(audit.export)
    get(f"{every}/check", responses=kept)(audit.check)
    post(f"{every}/check", responses=kept)(audit.begin_check)
    get(f"{every}/checkpoint", responses=kept)(audit.checkpoint)
    post(f"{every}/checkpoint", responses=kept)(audit.make_checkpoint)
    get(f"{every}/holds", responses=kept)(audit.holds)
    post(f"{every}/holds", responses=changed, openapi_extra=_body(HoldRequest))(audit.lay_hold)
    app.delete(f"{every}/holds/{{hold_id}}", responses=kept)(audit.lift_hold)
    get(f"{every}/retention", responses=kept)(audit.retention)
    post(f"{every}/retention", responses=changed, openapi_extra=_body(RetentionRequest))(
        audit.set_retention
    )
    post(f"{every}/deletions", responses=changed, openapi_extra=_body(AuditDeletionRequest))(
        audit.delete
    )
    get(f"{every}/certificates", responses=listed, openapi_extra=query(CertificatesQuery))(
        audit.certificates
    )


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
        document["components"]["schemas"] |= requests["$defs"] | envelopes()
        app.openapi_schema = document
    return app.openapi_schema
