"""Groups and their members, for administrators, and for managers those that they look after."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from sqlalchemy.orm import Session

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.jimae.bodies import (
    Deleted,
    GroupBody,
    GroupList,
    UserBody,
    UserList,
    group_body,
    user_body,
)
from jimae.api.jimae.schema import (
    GroupRequest,
    GroupsQuery,
    MemberRequest,
    NewGroupRequest,
)
from jimae.api.openai.responses.queries import known_id
from jimae.errors import JimaeError
from jimae.service.accounts import groups, listing, people
from jimae.service.accounts.listing import ListedGroup, Wanted
from jimae.service.service import Service
from jimae.store.account_tables import Group

LIMIT_MIB: Final = 1 / 16


class GroupRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store

    async def list(self, request: Request) -> GroupList:
        """The groups, by name."""
        caller = caller_of(request)
        query = fitted(dict(request.query_params), GroupsQuery)
        found, more = await self._store.read(
            lambda session: listing.all_groups(
                session, caller, text=query.search, after=query.after, limit=query.limit
            )
        )
        return {"data": [group_body(one) for one in found], "has_more": more}

    async def create(self, request: Request) -> GroupBody:
        """Make a group."""
        caller = caller_of(request)
        body = fitted(await read_object(request, LIMIT_MIB), NewGroupRequest)

        def create(session: Session) -> GroupBody:
            row = groups.create(session, caller, body.name, body.purpose)
            return group_body(ListedGroup(row, 0))

        return await self._store.write(create)

    async def get(self, request: Request, group_id: str) -> GroupBody:
        """One group."""
        caller, wanted = caller_of(request), known_id(group_id)
        return await self._store.read(
            lambda session: _body(session, groups.reachable(session, caller, wanted))
        )

    async def change(self, request: Request, group_id: str) -> GroupBody:
        """Change the name or the purpose of a group."""
        caller, wanted = caller_of(request), known_id(group_id)
        body = fitted(await read_object(request, LIMIT_MIB), GroupRequest)

        def change(session: Session) -> GroupBody:
            row = groups.find(session, wanted)
            groups.change(session, caller, row, groups.GroupChange(**body.model_dump()))
            return _body(session, row)

        return await self._store.write(change)

    async def delete(self, request: Request, group_id: str) -> Deleted:
        """Delete a group; its members stay."""
        caller, wanted = caller_of(request), known_id(group_id)
        await self._store.write(
            lambda session: groups.delete(session, caller, groups.find(session, wanted))
        )
        return {"id": wanted, "deleted": True}

    async def list_members(self, request: Request, group_id: str) -> UserList:
        """The members of a group, by name."""
        caller, wanted = caller_of(request), known_id(group_id)
        query = fitted(dict(request.query_params), GroupsQuery)

        def read(session: Session) -> UserList:
            group = groups.reachable(session, caller, wanted)
            which = Wanted(text=query.search, group=group.id, after=query.after, limit=query.limit)
            found, more = listing.people(session, caller, which)
            return {"data": [user_body(one) for one in found], "has_more": more}

        return await self._store.read(read)

    async def add_member(self, request: Request, group_id: str) -> UserBody:
        """Put somebody into a group, or let them look after it.

        A manager can put there those of another group of theirs only: whoever is in a group
        can be kept out by who looks after it.
        """
        caller, wanted = caller_of(request), known_id(group_id)
        body = fitted(await read_object(request, LIMIT_MIB), MemberRequest)

        def put(session: Session) -> UserBody:
            group = groups.reachable(session, caller, wanted)
            account = people.reachable(session, caller, body.user)
            if caller.role != "admin" and body.manages:
                raise JimaeError("role_not_yours", param="manages")
            groups.join(session, caller, group, account, manages=body.manages)
            return user_body(listing.with_groups(session, [account])[0])

        return await self._store.write(put)

    async def remove_member(self, request: Request, group_id: str, user_id: str) -> Deleted:
        """Take somebody out of a group."""
        caller, wanted, who = caller_of(request), known_id(group_id), known_id(user_id)

        def take(session: Session) -> None:
            group = groups.reachable(session, caller, wanted)
            groups.leave(session, caller, group, people.reachable(session, caller, who))

        await self._store.write(take)
        return {"id": who, "deleted": True}


def _body(session: Session, group: Group) -> GroupBody:
    return group_body(ListedGroup(group, groups.sizes(session, [group.id])[group.id]))
