"""Who may call which route: one table for all of them.

Every route stands in `NEEDS`; one that does not is refused, and a test fails.

    anyone      whoever reaches the server, signed in or not: nobody looks who it is
    person      everybody with an account, an auditor too: what concerns oneself
    user        those who may ask a model: all but auditors
    manager     who looks after a group: for its members only, which the handler checks
    admin       administrators
    auditor     auditors, and administrators where the handler says so
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from fastapi import Request

from jimae.api.credentials import credentials_of
from jimae.errors import JimaeError
from jimae.service.caller import Caller, Role
from jimae.service.service import Service

Level = Literal["anyone", "person", "user", "manager", "admin", "auditor"]
Area = Literal["write", "read", "files", "models", "admin", "audit", "self", "provision"]
"""What an API key can be limited to."""

ROLES: Final[dict[Level, frozenset[Role]]] = {
    "anyone": frozenset(("user", "manager", "admin", "auditor")),
    "person": frozenset(("user", "manager", "admin", "auditor")),
    "user": frozenset(("user", "manager", "admin")),
    "manager": frozenset(("manager", "admin")),
    "admin": frozenset(("admin",)),
    "auditor": frozenset(("admin", "auditor")),
}


class Need(NamedTuple):
    level: Level
    area: Area


ASK: Final = Need("user", "write")
KEEP: Final = Need("user", "files")
LOOK: Final = Need("person", "models")
OPEN: Final = Need("anyone", "models")
ANYONE: Final = Need("anyone", "self")
SELF: Final = Need("person", "self")
MANAGE: Final = Need("manager", "admin")
ADMIN: Final = Need("admin", "admin")
PROVISION: Final = Need("admin", "provision")

AUDIT: Final = Need("auditor", "audit")

NEEDS: Final[dict[tuple[str, str], Need]] = {
    ("GET", "/v1/models"): LOOK,
    ("GET", "/v1/models/{model_id:path}"): LOOK,
    ("POST", "/v1/chat/completions"): ASK,
    ("POST", "/v1/completions"): ASK,
    ("POST", "/v1/embeddings"): ASK,
    ("POST", "/v1/rerank"): ASK,
    ("POST", "/v1/responses"): ASK,
    ("POST", "/v1/responses/input_tokens"): ASK,
    ("GET", "/v1/responses/{response_id}"): ASK,
    ("DELETE", "/v1/responses/{response_id}"): ASK,
    ("POST", "/v1/responses/{response_id}/cancel"): ASK,
    ("GET", "/v1/responses/{response_id}/input_items"): ASK,
    ("POST", "/v1/conversations"): ASK,
    ("GET", "/v1/conversations/{conversation_id}"): ASK,
    ("POST", "/v1/conversations/{conversation_id}"): ASK,
    ("DELETE", "/v1/conversations/{conversation_id}"): ASK,
    ("POST", "/v1/conversations/{conversation_id}/items"): ASK,
    ("GET", "/v1/conversations/{conversation_id}/items"): ASK,
    ("GET", "/v1/conversations/{conversation_id}/items/{item_id}"): ASK,
    ("DELETE", "/v1/conversations/{conversation_id}/items/{item_id}"): ASK,
    ("POST", "/v1/files"): KEEP,
    ("GET", "/v1/files"): KEEP,
    ("GET", "/v1/files/{file_id}"): KEEP,
    ("DELETE", "/v1/files/{file_id}"): KEEP,
    ("GET", "/v1/files/{file_id}/content"): KEEP,
    ("POST", "/v1/batches"): ASK,
    ("GET", "/v1/batches"): ASK,
    ("GET", "/v1/batches/{batch_id}"): ASK,
    ("POST", "/v1/batches/{batch_id}/cancel"): ASK,
    ("GET", "/tokenizer_info"): ASK,
    ("POST", "/tokenize"): ASK,
    ("POST", "/detokenize"): ASK,
    ("POST", "/v1/messages"): ASK,
    ("POST", "/v1/messages/count_tokens"): ASK,
    ("POST", "/api/chat"): ASK,
    ("POST", "/api/generate"): ASK,
    ("POST", "/api/embed"): ASK,
    ("POST", "/api/embeddings"): ASK,
    ("GET", "/api/tags"): LOOK,
    ("HEAD", "/api/tags"): LOOK,
    ("GET", "/api/ps"): LOOK,
    ("GET", "/api/version"): OPEN,
    ("HEAD", "/api/version"): OPEN,
    ("POST", "/api/show"): LOOK,
    ("POST", "/api/pull"): LOOK,
    ("POST", "/api/create"): LOOK,
    ("POST", "/api/copy"): LOOK,
    ("POST", "/api/push"): LOOK,
    ("DELETE", "/api/delete"): LOOK,
    ("GET", "/jimae/templates"): ASK,
    ("POST", "/jimae/templates"): ASK,
    ("GET", "/jimae/templates/export"): ASK,
    ("POST", "/jimae/templates/import"): ASK,
    ("POST", "/jimae/templates/{template_id}"): ASK,
    ("DELETE", "/jimae/templates/{template_id}"): ASK,
    ("GET", "/jimae/preferences"): SELF,
    ("POST", "/jimae/preferences"): SELF,
    ("GET", "/jimae/feedback"): ASK,
    ("POST", "/jimae/feedback"): ASK,
    ("DELETE", "/jimae/feedback/{turn_id}"): ASK,
    ("GET", "/jimae/comparisons"): ASK,
    ("POST", "/jimae/comparisons"): ASK,
    ("GET", "/jimae/admin/feedback/export"): ADMIN,
    ("GET", "/jimae/chats"): ASK,
    ("POST", "/jimae/chats"): ASK,
    ("GET", "/jimae/chats/shared"): ASK,
    ("GET", "/jimae/chats/search"): ASK,
    ("GET", "/jimae/chats/events"): ASK,
    ("DELETE", "/jimae/chats/trash"): ASK,
    ("GET", "/jimae/chats/export"): ASK,
    ("POST", "/jimae/chats/import"): ASK,
    ("GET", "/jimae/chats/{chat_id}/export"): ASK,
    ("GET", "/jimae/chats/{chat_id}"): ASK,
    ("POST", "/jimae/chats/{chat_id}"): ASK,
    ("DELETE", "/jimae/chats/{chat_id}"): ASK,
    ("POST", "/jimae/chats/{chat_id}/restore"): ASK,
    ("POST", "/jimae/chats/{chat_id}/ask"): ASK,
    ("GET", "/jimae/chats/{chat_id}/turns/{turn_id}"): ASK,
    ("POST", "/jimae/chats/{chat_id}/turns/{turn_id}/answer"): ASK,
    ("POST", "/jimae/chats/{chat_id}/turns/{turn_id}/continue"): ASK,
    ("GET", "/jimae/chats/{chat_id}/runs/{run_id}/events"): ASK,
    ("POST", "/jimae/chats/{chat_id}/runs/{run_id}/stop"): ASK,
    ("POST", "/jimae/chats/{chat_id}/share"): ASK,
    ("DELETE", "/jimae/chats/{chat_id}/share"): ASK,
    ("GET", "/jimae/folders"): ASK,
    ("POST", "/jimae/folders"): ASK,
    ("POST", "/jimae/folders/{folder_id}"): ASK,
    ("DELETE", "/jimae/folders/{folder_id}"): ASK,
    ("GET", "/jimae/policy"): SELF,
    ("POST", "/jimae/policy/check"): ASK,
    ("POST", "/jimae/me/policy"): SELF,
    ("GET", "/jimae/admin/policy"): MANAGE,
    ("GET", "/jimae/admin/policy/texts"): MANAGE,
    ("POST", "/jimae/admin/policy/texts"): ADMIN,
    ("GET", "/jimae/admin/policy/template"): MANAGE,
    ("GET", "/jimae/admin/policy/accepted"): MANAGE,
    ("PUT", "/jimae/admin/policy/rules"): MANAGE,
    ("DELETE", "/jimae/admin/policy/rules/{rule_id}"): MANAGE,
    ("POST", "/jimae/admin/policy/words"): MANAGE,
    ("DELETE", "/jimae/admin/policy/words/{word_id}"): MANAGE,
    ("PUT", "/jimae/admin/policy/models"): ADMIN,
    ("GET", "/jimae/me/keys"): SELF,
    ("POST", "/jimae/me/keys"): Need("user", "self"),
    ("DELETE", "/jimae/me/keys/{key_id}"): SELF,
    ("GET", "/jimae/me/usage"): SELF,
    ("GET", "/jimae/admin/keys"): MANAGE,
    ("DELETE", "/jimae/admin/keys/{key_id}"): MANAGE,
    ("GET", "/jimae/admin/limits"): ADMIN,
    ("GET", "/jimae/admin/limits/{subject}"): ADMIN,
    ("PUT", "/jimae/admin/limits/{subject}"): ADMIN,
    ("DELETE", "/jimae/admin/limits/{subject}"): ADMIN,
    ("GET", "/jimae/admin/statistics"): MANAGE,
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/api/status"): LOOK,
    ("GET", "/jimae/models"): LOOK,
    ("GET", "/jimae/admin/models"): ADMIN,
    ("POST", "/jimae/admin/models/{model_id}/load"): ADMIN,
    ("POST", "/jimae/admin/models/{model_id}/unload"): ADMIN,
    ("POST", "/jimae/admin/imports"): ADMIN,
    ("GET", "/jimae/admin/queue"): ADMIN,
    ("GET", "/jimae/admin/system"): ADMIN,
    ("GET", "/jimae/admin/settings"): ADMIN,
    ("GET", "/jimae/session"): ANYONE,
    ("POST", "/jimae/session"): ANYONE,
    ("DELETE", "/jimae/session"): SELF,
    ("GET", "/jimae/session/providers/{provider_id}"): ANYONE,
    ("GET", "/jimae/session/providers/{provider_id}/callback"): ANYONE,
    ("GET", "/jimae/admin/directories"): ADMIN,
    ("POST", "/jimae/admin/directories/{directory_id}/test"): ADMIN,
    ("GET", "/scim/v2/ServiceProviderConfig"): PROVISION,
    ("GET", "/scim/v2/Schemas"): PROVISION,
    ("GET", "/scim/v2/Schemas/{schema_id}"): PROVISION,
    ("GET", "/scim/v2/ResourceTypes"): PROVISION,
    ("GET", "/scim/v2/ResourceTypes/{type_id}"): PROVISION,
    ("GET", "/scim/v2/Users"): PROVISION,
    ("POST", "/scim/v2/Users"): PROVISION,
    ("GET", "/scim/v2/Users/{user_id}"): PROVISION,
    ("PUT", "/scim/v2/Users/{user_id}"): PROVISION,
    ("PATCH", "/scim/v2/Users/{user_id}"): PROVISION,
    ("DELETE", "/scim/v2/Users/{user_id}"): PROVISION,
    ("GET", "/scim/v2/Groups"): PROVISION,
    ("POST", "/scim/v2/Groups"): PROVISION,
    ("GET", "/scim/v2/Groups/{group_id}"): PROVISION,
    ("PUT", "/scim/v2/Groups/{group_id}"): PROVISION,
    ("PATCH", "/scim/v2/Groups/{group_id}"): PROVISION,
    ("DELETE", "/scim/v2/Groups/{group_id}"): PROVISION,
    ("POST", "/jimae/setup"): ANYONE,
    ("GET", "/jimae/me"): SELF,
    ("POST", "/jimae/me"): SELF,
    ("POST", "/jimae/me/password"): SELF,
    ("GET", "/jimae/me/sessions"): SELF,
    ("DELETE", "/jimae/me/sessions"): SELF,
    ("DELETE", "/jimae/me/sessions/{session_id}"): SELF,
    ("GET", "/jimae/admin/users"): MANAGE,
    ("POST", "/jimae/admin/users"): MANAGE,
    ("GET", "/jimae/admin/users/{user_id}"): MANAGE,
    ("POST", "/jimae/admin/users/{user_id}"): MANAGE,
    ("DELETE", "/jimae/admin/users/{user_id}"): ADMIN,
    ("POST", "/jimae/admin/users/{user_id}/password"): ADMIN,
    ("GET", "/jimae/admin/users/{user_id}/sessions"): MANAGE,
    ("DELETE", "/jimae/admin/users/{user_id}/sessions"): MANAGE,
    ("DELETE", "/jimae/admin/users/{user_id}/sessions/{session_id}"): MANAGE,
    ("GET", "/jimae/admin/groups"): MANAGE,
    ("POST", "/jimae/admin/groups"): ADMIN,
    ("GET", "/jimae/admin/groups/{group_id}"): MANAGE,
    ("POST", "/jimae/admin/groups/{group_id}"): ADMIN,
    ("DELETE", "/jimae/admin/groups/{group_id}"): ADMIN,
    ("GET", "/jimae/admin/groups/{group_id}/members"): MANAGE,
    ("POST", "/jimae/admin/groups/{group_id}/members"): MANAGE,
    ("DELETE", "/jimae/admin/groups/{group_id}/members/{user_id}"): MANAGE,
    ("GET", "/jimae/admin/audit"): AUDIT,
    ("GET", "/jimae/admin/audit/records/{seq}"): AUDIT,
    ("GET", "/jimae/admin/audit/records/{seq}/content"): AUDIT,
    ("GET", "/jimae/admin/audit/export"): AUDIT,
    ("GET", "/jimae/admin/audit/check"): AUDIT,
    ("POST", "/jimae/admin/audit/check"): AUDIT,
    ("GET", "/jimae/admin/audit/checkpoint"): AUDIT,
    ("POST", "/jimae/admin/audit/checkpoint"): AUDIT,
    ("GET", "/jimae/admin/audit/holds"): AUDIT,
    ("POST", "/jimae/admin/audit/holds"): AUDIT,
    ("DELETE", "/jimae/admin/audit/holds/{hold_id}"): Need("admin", "audit"),
    ("GET", "/jimae/admin/audit/retention"): AUDIT,
    ("POST", "/jimae/admin/audit/retention"): Need("admin", "audit"),
    ("GET", "/jimae/admin/audit/deletions"): Need("admin", "audit"),
    ("POST", "/jimae/admin/audit/deletions"): Need("admin", "audit"),
    ("GET", "/jimae/admin/audit/certificates"): AUDIT,
}
WITH_OLD_PASSWORD: Final = frozenset((("DELETE", "/jimae/session"), ("POST", "/jimae/me/password")))
"""What those may do who have to change their password, besides what anyone may."""


class Access:
    """The dependency of every route: finds who calls, and whether they may."""

    def __init__(self, service: Service) -> None:
        self._accounts = service.accounts

    async def __call__(self, request: Request) -> None:
        """Raises `not_permitted`, `password_change_needed`, and what `Accounts.identify`
        raises."""
        route = request.method, request.scope["route"].path
        need = NEEDS[route]
        if need.level == "anyone":
            return
        caller = await self._accounts.identify(credentials_of(request))
        if caller.must_change_password and route not in WITH_OLD_PASSWORD:
            raise JimaeError("password_change_needed")
        if not permitted(caller, need):
            raise _refusal(caller, need)
        request.state.caller = caller


def _refusal(caller: Caller, need: Need) -> JimaeError:
    key = caller.key
    if key is None or caller.role not in ROLES[need.level]:
        return JimaeError("not_permitted", needed=need.level)
    areas = ", ".join(key.areas)
    return JimaeError("key_not_for_this", name=key.name, areas=areas, needed=need.area)


def permitted(caller: Caller, need: Need) -> bool:
    if caller.role not in ROLES[need.level]:
        return False
    areas = caller.key.areas if caller.key is not None else ()
    return not areas or need.area in areas
