"""API keys: one's own, and for administrators and managers those they look after."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request
from pydantic import Field
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from jimae.api.access import Area
from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.jimae.schema import Shown
from jimae.api.openai.files.schema import StoredId, Texts
from jimae.api.openai.responses.queries import known_id
from jimae.api.openai.schema import ModelId, Name, Number, Strict
from jimae.api.text import checked
from jimae.service import keys
from jimae.service.keys import NewKey, OwnedKey, State
from jimae.service.service import Service

MOST_MODELS = 256
FAR = 253402300800.0  # the year 10000


class KeyRequest(Strict):
    """Body of POST /jimae/me/keys. Empty lists allow everything that its owner may."""

    name: Name
    areas: Annotated[list[Area], Field(max_length=16, default_factory=list)]
    models: Annotated[list[ModelId], Field(max_length=MOST_MODELS, default_factory=list)]
    expires_at: Annotated[Number, Field(ge=0, lt=FAR)] | None = None


class OwnKeysQuery(Texts):
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class KeysQuery(OwnKeysQuery):
    """`account`: only the keys of this one. `search` looks in their names, what they begin with,
    and the names of their owners."""

    account: StoredId | None = None
    search: Shown | None = None


class OwnerBody(TypedDict):
    id: str
    name: str


class KeyBody(TypedDict):
    """A key without its secret. Times are Unix seconds; `used_at` is to the minute."""

    id: str
    name: str
    prefix: str
    account: OwnerBody
    areas: list[str]
    models: list[str]
    state: State
    created_at: float
    expires_at: float | None
    used_at: float | None
    revoked_at: float | None


class NewKeyBody(KeyBody):
    """`key` is told this once."""

    key: str


class KeyList(TypedDict):
    data: list[KeyBody]
    has_more: bool


class KeyRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._store = service.store

    async def create(self, request: Request) -> NewKeyBody:
        """Make a key for oneself."""
        caller = caller_of(request)
        body = await read_object(request, self._service.settings.server.max_body_mb)
        given = fitted(body, KeyRequest)
        wanted = NewKey(
            checked(given.name, "name"), tuple(given.areas), tuple(given.models), given.expires_at
        )
        made = await self._store.write(
            lambda session: keys.create(session, caller, caller.id, wanted)
        )
        return {**_body(made.key), "key": made.secret}

    async def list_own(self, request: Request) -> KeyList:
        """One's own keys, the newest first."""
        query = fitted(dict(request.query_params), OwnKeysQuery)
        return await self._page(keys.own(caller_of(request)), query)

    async def list_all(self, request: Request) -> KeyList:
        """The keys of everybody, or for managers of their members."""
        query = fitted(dict(request.query_params), KeysQuery)
        reach = keys.overseen(caller_of(request))
        return await self._page(reach, query, query.account, query.search)

    async def revoke_own(self, request: Request, key_id: str) -> KeyBody:
        """Take one of one's own keys back, for good."""
        return await self._revoke(request, keys.own(caller_of(request)), key_id)

    async def revoke(self, request: Request, key_id: str) -> KeyBody:
        """Take somebody's key back, for good."""
        return await self._revoke(request, keys.overseen(caller_of(request)), key_id)

    async def _page(
        self,
        reach: ColumnElement[bool],
        query: OwnKeysQuery,
        account: str | None = None,
        text: str | None = None,
    ) -> KeyList:
        found, more = await self._store.read(
            lambda session: keys.page(
                session, reach, account_id=account, text=text, after=query.after, limit=query.limit
            )
        )
        return {"data": [_body(one) for one in found], "has_more": more}

    async def _revoke(self, request: Request, reach: ColumnElement[bool], key_id: str) -> KeyBody:
        def revoke(session: Session) -> OwnedKey:
            return keys.revoke(session, caller_of(request), reach, known_id(key_id))

        return _body(await self._store.write(revoke))


def _body(owned: OwnedKey) -> KeyBody:
    row = owned.row
    return {
        "id": row.id,
        "name": row.name,
        "prefix": row.prefix,
        "account": {"id": row.account_id, "name": owned.account},
        "areas": row.areas,
        "models": row.models,
        "state": keys.state_of(row),
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "used_at": row.used_at,
        "revoked_at": row.revoked_at,
    }
