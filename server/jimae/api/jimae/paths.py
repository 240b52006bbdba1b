"""The paths of our own API."""

from __future__ import annotations

from typing import Any, Final

from jimae.api.document import EVENTS, FOUND, KEPT, MODEL, QUERY, WAIT, Responses
from jimae.api.jimae.audit import CSV, JSON_LINES, AuditRoutes
from jimae.api.jimae.audit_schema import (
    AuditDeletionRequest,
    AuditExportQuery,
    AuditPage,
    CertificatesQuery,
    DeletableQuery,
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
from jimae.api.jimae.directories import DirectoryRoutes, DirectoryTestRequest
from jimae.api.jimae.feedback import (
    LINES,
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
from jimae.api.routing import EVENT, OURS, TEXT, Routes
from jimae.service.service import Service

_EVENTS: Final[dict[str, Any]] = {EVENTS: EVENT}
_FILE: Final[dict[str, Any]] = {"application/json": {"schema": {"type": "object"}}}
_PAGE: Final = "text/html"


def add_to(routes: Routes, service: Service) -> None:
    for add in (
        _session,
        _me,
        _chats,
        _templates,
        _feedback,
        _people,
        _limits,
        _policy,
        _audit,
        _models,
    ):
        add(routes, service)


def _session(routes: Routes, service: Service) -> None:
    """Signing in and out, here and at a provider."""
    sessions, directories, add = SessionRoutes(service), DirectoryRoutes(service), routes.add
    path = "/jimae/session"
    add("GET", path, sessions.get)
    add("POST", path, sessions.sign_in, WAIT, body=SignInRequest, answer=SessionBody)
    add("DELETE", path, sessions.sign_out, answer=SessionBody)
    add("POST", "/jimae/setup", sessions.set_up, KEPT, WAIT, body=SetupRequest, answer=SessionBody)

    # A browser goes there by itself: what fails is a page.
    visit, failed = routes.failing(_pages).add, (FOUND, (400, 401, 422, 502))
    one = f"{path}/providers/{{provider_id}}"
    visit("GET", one, directories.begin, *failed, status=303, content={})
    visit("GET", f"{one}/callback", directories.end, *failed, status=303, content={})
    every = "/jimae/admin/directories"
    add("GET", every, directories.list)
    add("POST", f"{every}/{{directory_id}}/test", directories.test, KEPT, body=DirectoryTestRequest)


def _pages(*groups: tuple[int, ...]) -> Responses:
    return {
        status: {"content": {_PAGE: {}, **described["content"]}}
        for status, described in OURS(*groups).items()
    }


def _me(routes: Routes, service: Service) -> None:
    """One's own account."""
    me, preferences, add = MeRoutes(service), PreferenceRoutes(service), routes.add
    add("GET", "/jimae/me", me.get, KEPT)
    add("POST", "/jimae/me", me.change, KEPT, WAIT, body=MeRequest)
    add("POST", "/jimae/me/password", me.change_password, KEPT, WAIT, body=PasswordRequest)
    add("GET", "/jimae/me/sessions", me.list_sessions, KEPT)
    add("DELETE", "/jimae/me/sessions", me.end_other_sessions, KEPT)
    add("DELETE", "/jimae/me/sessions/{session_id}", me.end_session, KEPT)
    add("GET", "/jimae/preferences", preferences.get)
    add("POST", "/jimae/preferences", preferences.set, KEPT, body=PreferencesRequest)


def _chats(routes: Routes, service: Service) -> None:
    chats, folders, add = ChatRoutes(service), FolderRoutes(service), routes.add
    every, one = "/jimae/chats", "/jimae/chats/{chat_id}"
    add("GET", every, chats.list, KEPT, query=ChatsQuery)
    add("POST", every, chats.create, KEPT, body=NewChatRequest)
    # Before the one chat, whose id would be these words.
    add("GET", f"{every}/shared", chats.shared, KEPT, query=SharedQuery)
    add("GET", f"{every}/search", chats.search, KEPT, query=SearchQuery)
    add("GET", f"{every}/events", chats.events, QUERY, content=_EVENTS)
    add("DELETE", f"{every}/trash", chats.empty_trash, KEPT)
    add("GET", f"{every}/export", chats.export_all, QUERY, content=_FILE)
    add("POST", f"{every}/import", chats.import_, KEPT, body=ChatsFile)

    add("GET", one, chats.get, KEPT, query=OpenQuery, answer=OpenedBody)
    add("POST", one, chats.update, KEPT, body=ChatUpdate, answer=OpenedBody)
    add("DELETE", one, chats.delete, KEPT, query=DeleteQuery)
    texts = {**_FILE, "text/markdown": TEXT}
    add("GET", f"{one}/export", chats.export, KEPT, query=ExportQuery, content=texts)
    add("POST", f"{one}/restore", chats.restore, KEPT)
    add("POST", f"{one}/ask", chats.ask, KEPT, body=AskRequest)
    turn = f"{one}/turns/{{turn_id}}"
    add("GET", turn, chats.get_turn, KEPT, QUERY)
    add("POST", f"{turn}/answer", chats.answer, KEPT, body=AnswerRequest)
    add("POST", f"{turn}/continue", chats.go_on, KEPT)
    run = f"{one}/runs/{{run_id}}"
    add("GET", f"{run}/events", chats.run_events, KEPT, query=EventsQuery, content=_EVENTS)
    add("POST", f"{run}/stop", chats.stop, KEPT)
    add("POST", f"{one}/share", chats.share, KEPT, body=ShareRequest)
    add("DELETE", f"{one}/share", chats.unshare, KEPT, query=UnshareQuery)

    every, one = "/jimae/folders", "/jimae/folders/{folder_id}"
    add("GET", every, folders.list)
    add("POST", every, folders.create, KEPT, body=FolderRequest)
    add("POST", one, folders.update, KEPT, body=FolderUpdate)
    add("DELETE", one, folders.delete, KEPT)


def _templates(routes: Routes, service: Service) -> None:
    templates, add = TemplateRoutes(service), routes.add
    every, one = "/jimae/templates", "/jimae/templates/{template_id}"
    add("GET", every, templates.list)
    add("POST", every, templates.create, KEPT, body=TemplateRequest)
    add("GET", f"{every}/export", templates.export)
    add("POST", f"{every}/import", templates.import_, KEPT, body=TemplateImport)
    add("POST", one, templates.update, KEPT, body=TemplateRequest)
    add("DELETE", one, templates.delete, KEPT)


def _feedback(routes: Routes, service: Service) -> None:
    feedback, add = FeedbackRoutes(service), routes.add
    add("GET", "/jimae/feedback", feedback.judged, query=JudgedQuery)
    add("POST", "/jimae/feedback", feedback.judge, KEPT, body=JudgementRequest)
    add("DELETE", "/jimae/feedback/{turn_id}", feedback.take_back, KEPT)
    add("GET", "/jimae/comparisons", feedback.standings)
    add("POST", "/jimae/comparisons", feedback.vote, KEPT, body=ComparisonRequest)
    add("GET", "/jimae/admin/feedback/export", feedback.export, content={LINES: {}})


def _people(routes: Routes, service: Service) -> None:
    """The accounts and groups that one looks after."""
    people, groups, add = PeopleRoutes(service), GroupRoutes(service), routes.add
    every, one = "/jimae/admin/users", "/jimae/admin/users/{user_id}"
    add("GET", every, people.list, KEPT, query=UsersQuery)
    add("POST", every, people.create, KEPT, WAIT, body=NewUserRequest)
    add("GET", one, people.get, KEPT)
    add("POST", one, people.change, KEPT, WAIT, body=UserRequest)
    add("DELETE", one, people.delete, KEPT, query=DeleteUserQuery)
    add("POST", f"{one}/password", people.reset_password, KEPT, WAIT)
    add("GET", f"{one}/sessions", people.list_sessions, KEPT)
    add("DELETE", f"{one}/sessions", people.end_sessions, KEPT)
    add("DELETE", f"{one}/sessions/{{session_id}}", people.end_session, KEPT)

    every, one = "/jimae/admin/groups", "/jimae/admin/groups/{group_id}"
    add("GET", every, groups.list, KEPT, query=GroupsQuery)
    add("POST", every, groups.create, KEPT, WAIT, body=NewGroupRequest)
    add("GET", one, groups.get, KEPT)
    add("POST", one, groups.change, KEPT, WAIT, body=GroupRequest)
    add("DELETE", one, groups.delete, KEPT)
    members = f"{one}/members"
    add("GET", members, groups.list_members, KEPT, query=GroupsQuery)
    add("POST", members, groups.add_member, KEPT, WAIT, body=MemberRequest)
    add("DELETE", f"{members}/{{user_id}}", groups.remove_member, KEPT)


def _limits(routes: Routes, service: Service) -> None:
    """Keys, what may be used, and what was."""
    keys, limits, statistics = KeyRoutes(service), LimitRoutes(service), StatisticsRoutes(service)
    add = routes.add
    own, every = "/jimae/me/keys", "/jimae/admin/keys"
    add("GET", own, keys.list_own, KEPT, query=OwnKeysQuery)
    add("POST", own, keys.create, KEPT, body=KeyRequest, answer=NewKeyBody)
    add("DELETE", f"{own}/{{key_id}}", keys.revoke_own, KEPT)
    add("GET", every, keys.list_all, KEPT, query=KeysQuery)
    add("DELETE", f"{every}/{{key_id}}", keys.revoke, KEPT)

    every, one = "/jimae/admin/limits", "/jimae/admin/limits/{subject}"
    add("GET", "/jimae/me/usage", limits.usage)
    add("GET", every, limits.list)
    add("GET", one, limits.get, KEPT, answer=LimitBody)
    add("PUT", one, limits.put, KEPT, body=LimitRequest, answer=LimitBody)
    add("DELETE", one, limits.delete, KEPT, answer=LimitBody)
    add(
        "GET",
        "/jimae/admin/statistics",
        statistics.get,
        KEPT,
        query=StatisticsQuery,
        answer=StatisticsBody,
        stream="text/csv",
    )


def _policy(routes: Routes, service: Service) -> None:
    """What may be sent to a model."""
    policy, rules, add = PolicyRoutes(service), PolicyAdminRoutes(service), routes.add
    add("GET", "/jimae/policy", policy.get)
    add("POST", "/jimae/policy/check", policy.check, KEPT, body=CheckRequest)
    add("POST", "/jimae/me/policy", policy.accept, KEPT, body=AcceptRequest)
    every = "/jimae/admin/policy"
    add("GET", every, rules.overview)
    add("GET", f"{every}/texts", rules.list_texts)
    add("POST", f"{every}/texts", rules.publish, KEPT, body=TextRequest)
    add("GET", f"{every}/template", rules.template)
    add("GET", f"{every}/accepted", rules.accepted, KEPT, query=AcceptedQuery)
    add("PUT", f"{every}/rules", rules.set_rule, KEPT, body=RuleRequest)
    add("DELETE", f"{every}/rules/{{rule_id}}", rules.delete_rule, KEPT)
    add("POST", f"{every}/words", rules.add_word, KEPT, body=WordRequest)
    add("DELETE", f"{every}/words/{{word_id}}", rules.delete_word, KEPT)
    add("PUT", f"{every}/models", rules.trust, KEPT, body=TrustRequest)


def _audit(routes: Routes, service: Service) -> None:
    """The audit log."""
    audit, add = AuditRoutes(service), routes.add
    every = "/jimae/admin/audit"
    add("GET", every, audit.search, KEPT, query=AuditPage)
    add("GET", f"{every}/records/{{seq}}", audit.record, KEPT)
    add("GET", f"{every}/records/{{seq}}/content", audit.content, KEPT)
    logs: dict[str, Any] = {JSON_LINES: {}, CSV: {}}
    add("GET", f"{every}/export", audit.export, KEPT, query=AuditExportQuery, content=logs)
    add("GET", f"{every}/check", audit.check, KEPT)
    add("POST", f"{every}/check", audit.begin_check, KEPT)
    add("GET", f"{every}/checkpoint", audit.checkpoint, KEPT)
    add("POST", f"{every}/checkpoint", audit.make_checkpoint, KEPT)
    add("GET", f"{every}/holds", audit.holds, KEPT)
    add("POST", f"{every}/holds", audit.lay_hold, KEPT, body=HoldRequest)
    add("DELETE", f"{every}/holds/{{hold_id}}", audit.lift_hold, KEPT)
    add("GET", f"{every}/retention", audit.retention, KEPT)
    add("POST", f"{every}/retention", audit.set_retention, KEPT, body=RetentionRequest)
    add("GET", f"{every}/deletions", audit.deletable, KEPT, query=DeletableQuery)
    add("POST", f"{every}/deletions", audit.delete, KEPT, body=AuditDeletionRequest)
    add("GET", f"{every}/certificates", audit.certificates, KEPT, query=CertificatesQuery)


def _models(routes: Routes, service: Service) -> None:
    """The models, and the machine that they run on."""
    models, system, add = ModelAdminRoutes(service), SystemRoutes(service), routes.add
    add("GET", "/jimae/models", models.cards)
    add("GET", "/jimae/admin/models", models.list)
    one = "/jimae/admin/models/{model_id}"
    add("POST", f"{one}/load", models.load, MODEL, KEPT)
    add("POST", f"{one}/unload", models.unload, MODEL, KEPT)
    add("POST", "/jimae/admin/imports", models.import_, MODEL, KEPT, body=ImportRequest)
    add("GET", "/jimae/admin/queue", system.queue)
    add("GET", "/jimae/admin/system", system.system)
    add("GET", "/jimae/admin/settings", system.settings)
