"""How requests of SCIM are read and answered, with the library that knows its messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from fastapi import Request
from pydantic import ValidationError
from scim2_models import (
    Context,
    Error,
    ListResponse,
    NotFoundException,
    Resource,
    ResponseParameters,
    SCIMException,
    SearchRequest,
)
from sqlalchemy.orm import Session
from starlette.responses import Response

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.scim.errors import MEDIA_TYPE, PREFIX
from jimae.service.directories import scim, scim_search
from jimae.service.directories.scim import Scope
from jimae.service.directories.scim_models import POLICY, PROVIDER, Group, User
from jimae.service.directories.scim_search import Found
from jimae.service.service import Service

LIMIT_MIB: Final = 4.0
# A group of a big house in one request.
CREATED: Final = 201

M = TypeVar("M", User, Group)
Change = Callable[[Session, Scope, str, Mapping[str, Any]], M]


class Handling:
    """What `routes` calls, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._source = service.settings.scim.directory or scim.SOURCE
        self._public = service.settings.server.public_url

    # --- people ------------------------------------------------------------------

    async def list_users(self, request: Request) -> Response:
        return await self._told(self._list(request, User, scim_search.users))

    async def create_user(self, request: Request) -> Response:
        return await self._told(self._create(request, scim.create_user))

    async def get_user(self, request: Request, user_id: str) -> Response:
        return await self._told(self._get(request, User, scim.get_user, user_id))

    async def replace_user(self, request: Request, user_id: str) -> Response:
        return await self._told(self._change(request, scim.replace_user, user_id))

    async def patch_user(self, request: Request, user_id: str) -> Response:
        return await self._told(self._change(request, scim.patch_user, user_id))

    async def delete_user(self, request: Request, user_id: str) -> Response:
        return await self._told(self._delete(request, scim.delete_user, user_id))

    # --- groups ------------------------------------------------------------------

    async def list_groups(self, request: Request) -> Response:
        return await self._told(self._list(request, Group, scim_search.groups))

    async def create_group(self, request: Request) -> Response:
        return await self._told(self._create(request, scim.create_group))

    async def get_group(self, request: Request, group_id: str) -> Response:
        return await self._told(self._get(request, Group, scim.get_group, group_id))

    async def replace_group(self, request: Request, group_id: str) -> Response:
        return await self._told(self._change(request, scim.replace_group, group_id))

    async def patch_group(self, request: Request, group_id: str) -> Response:
        return await self._told(self._change(request, scim.patch_group, group_id))

    async def delete_group(self, request: Request, group_id: str) -> Response:
        return await self._told(self._delete(request, scim.delete_group, group_id))

    # --- what this server can ------------------------------------------------------

    async def config(self, request: Request) -> Response:
        return _answer(_dumped(PROVIDER.config, self._base(request)))

    async def schemas(self, request: Request) -> Response:
        return self._all(request, PROVIDER.schemas)

    async def schema(self, request: Request, schema_id: str) -> Response:
        return await self._told(self._one(request, PROVIDER.schemas, schema_id))

    async def resource_types(self, request: Request) -> Response:
        return self._all(request, PROVIDER.resource_types)

    async def resource_type(self, request: Request, type_id: str) -> Response:
        return await self._told(self._one(request, PROVIDER.resource_types, type_id))

    # --- how all of them answer ------------------------------------------------------

    async def _list(
        self,
        request: Request,
        model: type[M],
        search: Callable[[Session, Scope, SearchRequest[M]], Found],
    ) -> Response:
        asked = SearchRequest[model].model_validate(  # type: ignore[valid-type]
            _query(request), scim_ctx=Context.SEARCH_REQUEST, scim_policy=POLICY
        )
        scope = self._scope(request)
        found = await self._store.read(lambda session: search(session, scope, asked))
        resources = [self._shown(resource, asked) for resource in found.resources]
        return _answer(_page(resources, found.total, found.start))

    async def _create(
        self, request: Request, create: Callable[[Session, Scope, Mapping[str, Any]], M]
    ) -> Response:
        body = await read_object(request, LIMIT_MIB)
        scope = self._scope(request)
        made = await self._store.write(lambda session: create(session, scope, body))
        response = _answer(self._shown(made, None), CREATED)
        response.headers["Location"] = str(made.meta.location) if made.meta else ""
        return response

    async def _get(
        self, request: Request, model: type[M], get: Callable[[Session, Scope, str], M], id_: str
    ) -> Response:
        asked = ResponseParameters[model].model_validate(  # type: ignore[valid-type]
            _query(request), scim_policy=POLICY
        )
        found = await self._store.read(lambda session: get(session, self._scope(request), id_))
        return _answer(self._shown(found, asked))

    async def _change(self, request: Request, change: Change[M], id_: str) -> Response:
        body = await read_object(request, LIMIT_MIB)
        scope = self._scope(request)
        changed = await self._store.write(lambda session: change(session, scope, id_, body))
        return _answer(self._shown(changed, None))

    async def _delete(
        self, request: Request, delete: Callable[[Session, Scope, str], None], id_: str
    ) -> Response:
        scope = self._scope(request)
        await self._store.write(lambda session: delete(session, scope, id_))
        return Response(status_code=204)

    async def _one(self, request: Request, every: Any, id_: str) -> Response:
        for resource in every:
            if str(resource.id).casefold() == id_.casefold():
                return _answer(_dumped(resource, self._base(request)))
        raise NotFoundException(detail=f"There is no {id_[:100]}.")

    def _all(self, request: Request, every: Any) -> Response:
        resources = [_dumped(resource, self._base(request)) for resource in every]
        return _answer(_page(resources, len(resources), 1))

    async def _told(self, answer: Awaitable[Response]) -> Response:
        try:
            return await answer
        except (SCIMException, ValidationError) as error:
            told = _explained(error)
            return _answer(told.model_dump(), int(told.status or 400))

    def _scope(self, request: Request) -> Scope:
        return Scope(caller_of(request), self._source, self._base(request))

    def _base(self, request: Request) -> str:
        """The address below which everything is, for those who ask."""
        root = self._public or str(request.base_url).rstrip("/")
        return root + PREFIX

    def _shown(self, resource: Any, asked: ResponseParameters[Any] | None) -> dict[str, Any]:
        dumped: dict[str, Any] = resource.model_dump(
            scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked
        )
        return dumped


def _explained(error: SCIMException | ValidationError) -> Error:
    if isinstance(error, SCIMException):
        return error.to_error()
    return Error.from_validation_error(error.errors()[0])


def _query(request: Request) -> dict[str, str]:
    """What was asked for; other parameters are not SCIM's."""
    known = {"filter", "sortby", "sortorder", "startindex", "count", "attributes"}
    known.add("excludedattributes")
    return {k: v for k, v in request.query_params.items() if k.lower() in known}


def _dumped(resource: Resource[Any] | None, base: str) -> dict[str, Any]:
    if resource is None:
        raise NotFoundException
    body: dict[str, Any] = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    kind = type(resource).__name__
    place = kind if kind == "ServiceProviderConfig" else f"{kind}s/{resource.id}"
    return body | {"meta": {"resourceType": kind, "location": f"{base}/{place}"}}


def _page(resources: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    return {
        "schemas": [str(ListResponse.__schema__)],
        "totalResults": total,
        "itemsPerPage": len(resources),
        "startIndex": start,
        "Resources": resources,
    }


def _answer(body: object, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store"},
    )
