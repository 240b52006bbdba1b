"""SCIM 2.0: what a directory calls to keep accounts and groups here.

The library that knows SCIM takes most of a second to load, so it is loaded, beside the loop, when
the first directory calls: most servers have none.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.responses import Response

from jimae.service.service import Service

if TYPE_CHECKING:
    from jimae.api.scim.handling import Handling


class ScimRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._handling: Handling | None = None

    async def _there(self) -> Handling:
        if self._handling is None:
            self._handling = await asyncio.to_thread(self._load)
        return self._handling

    def _load(self) -> Handling:
        from jimae.api.scim.handling import Handling

        return Handling(self._service)

    async def list_users(self, request: Request) -> Response:
        """People whom the directory keeps here."""
        return await (await self._there()).list_users(request)

    async def create_user(self, request: Request) -> Response:
        """Make an account, or take up one that is this person's already."""
        return await (await self._there()).create_user(request)

    async def get_user(self, request: Request, user_id: str) -> Response:
        """One person."""
        return await (await self._there()).get_user(request, user_id)

    async def replace_user(self, request: Request, user_id: str) -> Response:
        """Change everything of a person."""
        return await (await self._there()).replace_user(request, user_id)

    async def patch_user(self, request: Request, user_id: str) -> Response:
        """Change some of a person; `active: false` takes access away at once."""
        return await (await self._there()).patch_user(request, user_id)

    async def delete_user(self, request: Request, user_id: str) -> Response:
        """Let go of a person, who loses access; what they wrote stays."""
        return await (await self._there()).delete_user(request, user_id)

    async def list_groups(self, request: Request) -> Response:
        """Groups that the directory keeps here."""
        return await (await self._there()).list_groups(request)

    async def create_group(self, request: Request) -> Response:
        """Make a group."""
        return await (await self._there()).create_group(request)

    async def get_group(self, request: Request, group_id: str) -> Response:
        """One group with its members."""
        return await (await self._there()).get_group(request, group_id)

    async def replace_group(self, request: Request, group_id: str) -> Response:
        """Change everything of a group."""
        return await (await self._there()).replace_group(request, group_id)

    async def patch_group(self, request: Request, group_id: str) -> Response:
        """Change some of a group: let people in, or out."""
        return await (await self._there()).patch_group(request, group_id)

    async def delete_group(self, request: Request, group_id: str) -> Response:
        """Delete a group; its members stay."""
        return await (await self._there()).delete_group(request, group_id)

    async def config(self, request: Request) -> Response:
        """What of SCIM works here."""
        return await (await self._there()).config(request)

    async def schemas(self, request: Request) -> Response:
        """What is kept of people and groups."""
        return await (await self._there()).schemas(request)

    async def schema(self, request: Request, schema_id: str) -> Response:
        """What is kept of one of them."""
        return await (await self._there()).schema(request, schema_id)

    async def resource_types(self, request: Request) -> Response:
        """Which kinds of things there are."""
        return await (await self._there()).resource_types(request)

    async def resource_type(self, request: Request, type_id: str) -> Response:
        """One of them."""
        return await (await self._there()).resource_type(request, type_id)
