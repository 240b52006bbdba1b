"""People, for administrators, and for managers as far as they are members of their groups."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from fastapi import Request
from sqlalchemy.orm import Session

from jimae.api.body import read_object
from jimae.api.caller import caller_of, with_account
from jimae.api.explain import fitted
from jimae.api.jimae.bodies import (
    Deleted,
    Ended,
    NewUserBody,
    OneTimeBody,
    SessionList,
    UserBody,
    UserList,
    session_row,
    user_body,
)
from jimae.api.jimae.schema import DeleteUserQuery, NewUserRequest, UserRequest, UsersQuery
from jimae.api.openai.responses.queries import known_id
from jimae.errors import JimaeError
from jimae.service.accounts import groups, listing, people, sessions
from jimae.service.accounts.belongings import After
from jimae.service.accounts.listing import Wanted
from jimae.service.accounts.names import sign_in_name
from jimae.service.accounts.parts import parts_of
from jimae.service.accounts.passwords import one_time
from jimae.service.audit.record import note
from jimae.service.service import Service

LIMIT_MIB: Final = 1 / 4


class PeopleRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._passwords = service.passwords
        self._prefixes = service.prefixes
        self._parts = parts_of(service.settings)
        self._answers = service.chats.answers

    async def list(self, request: Request) -> UserList:
        """The accounts, by name."""
        caller = caller_of(request)
        query = fitted(dict(request.query_params), UsersQuery)
        wanted = Wanted(
            text=query.search,
            group=query.group,
            role=query.role,
            disabled=None if query.disabled is None else query.disabled == "true",
            after=query.after,
            limit=query.limit,
        )
        found, more = await self._store.read(
            lambda session: listing.people(session, caller, wanted)
        )
        return {"data": [user_body(one) for one in found], "has_more": more}

    async def create(self, request: Request) -> NewUserBody:
        """Make an account."""
        wanted = fitted(await read_object(request, LIMIT_MIB), NewUserRequest)
        caller = with_account(request)
        if caller.role != "admin" and (wanted.role != "user" or not wanted.groups):
            raise JimaeError("role_not_yours", param="role" if wanted.groups else "groups")
        made_up = one_time() if wanted.password is None else None
        password = made_up or wanted.password or ""
        if made_up is None:
            self._passwords.check(password, sign_in_name(wanted.name))
        password_hash = await self._passwords.hash(password)

        def create(session: Session) -> UserBody:
            account = people.create(
                session,
                caller,
                people.NewPerson(
                    name=wanted.name,
                    display_name=wanted.display_name,
                    mail=wanted.mail,
                    role=wanted.role,
                ),
                password_hash=password_hash,
                must_change_password=made_up is not None,
            )
            for group_id in dict.fromkeys(wanted.groups):
                group = groups.reachable(session, caller, group_id)
                groups.join(session, caller, group, account)
            return user_body(listing.with_groups(session, [account])[0])

        body = await self._store.write(create)
        return {**body, "password": made_up}

    async def get(self, request: Request, user_id: str) -> UserBody:
        """One account."""
        caller, wanted = caller_of(request), known_id(user_id)

        def read(session: Session) -> UserBody:
            account = people.reachable(session, caller, wanted)
            return user_body(listing.with_groups(session, [account])[0])

        return await self._store.read(read)

    async def change(self, request: Request, user_id: str) -> UserBody:
        """Change an account, or who may use it."""
        caller, wanted = caller_of(request), known_id(user_id)
        body = fitted(await read_object(request, LIMIT_MIB), UserRequest)

        def change(session: Session) -> UserBody:
            account = people.reachable(session, caller, wanted)
            people.change(session, caller, account, people.Change(**body.model_dump()))
            return user_body(listing.with_groups(session, [account])[0])

        return await self._store.write(change)

    async def delete(self, request: Request, user_id: str) -> Deleted:
        """Delete an account with what its owner made, or give that to somebody else."""
        caller, wanted = caller_of(request), known_id(user_id)
        query = fitted(dict(request.query_params), DeleteUserQuery)

        def delete(session: Session) -> Sequence[After]:
            account = people.find(session, wanted)
            heir = None if query.transfer_to is None else people.find(session, query.transfer_to)
            return people.delete(session, caller, account, parts=self._parts, heir=heir)

        await self._answers.end_owner(wanted)
        # Before, while it is known what they share; what is on disk goes with the rest.
        await self._prefixes.forget(wanted)
        for after in await self._store.erase(delete):
            await asyncio.to_thread(after)
        return {"id": wanted, "deleted": True}

    async def reset_password(self, request: Request, user_id: str) -> OneTimeBody:
        """Give somebody a password for once."""
        caller, wanted = caller_of(request), known_id(user_id)
        made_up = one_time()
        password_hash = await self._passwords.hash(made_up)

        def reset(session: Session) -> None:
            account = people.find(session, wanted)
            people.set_password(session, caller, account, password_hash, must_change=True)

        await self._store.write(reset)
        return {"id": wanted, "password": made_up}

    async def list_sessions(self, request: Request, user_id: str) -> SessionList:
        """Where somebody is signed in."""
        caller, wanted = caller_of(request), known_id(user_id)

        def read(session: Session) -> SessionList:
            account = people.reachable(session, caller, wanted)
            found = sessions.of(session, account.id)
            rows = [session_row(row, caller.session_id) for row in found]
            return {"data": rows, "has_more": False}

        return await self._store.read(read)

    async def end_sessions(self, request: Request, user_id: str) -> Ended:
        """Sign somebody out everywhere."""
        caller, wanted = caller_of(request), known_id(user_id)

        def end(session: Session) -> int:
            account = people.reachable(session, caller, wanted)
            ended = sessions.end_all(session, account.id)
            details = {"ended": ended}
            note(session, caller, "session.revoke", target=account.id, details=details)
            return ended

        return {"ended": await self._store.write(end)}

    async def end_session(self, request: Request, user_id: str, session_id: str) -> Ended:
        """End one of somebody's sessions."""
        caller, wanted, which = caller_of(request), known_id(user_id), known_id(session_id)

        def end(session: Session) -> None:
            account = people.reachable(session, caller, wanted)
            if not sessions.end(session, account.id, which):
                raise JimaeError("user_session_not_found", id=which)
            note(session, caller, "session.revoke", target=which)

        await self._store.write(end)
        return {"ended": 1}
