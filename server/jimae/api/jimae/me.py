"""One's own account: name, password, sessions, and the group one works in."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from sqlalchemy.orm import Session

from jimae.api.body import read_object
from jimae.api.caller import caller_of, with_account
from jimae.api.credentials import credentials_of
from jimae.api.explain import fitted
from jimae.api.jimae.bodies import Ended, MeBody, SessionList, me_body, session_row
from jimae.api.jimae.schema import MeRequest, PasswordRequest
from jimae.api.openai.responses.queries import known_id
from jimae.errors import JimaeError
from jimae.service.accounts import groups, people, sessions
from jimae.service.audit.record import note
from jimae.service.service import Service

LIMIT_MIB: Final = 1 / 16


class MeRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._accounts = service.accounts
        self._sign_ins = service.sign_ins

    async def get(self, request: Request) -> MeBody:
        """Who I am."""
        return me_body(await self._accounts.who(credentials_of(request)))

    async def change(self, request: Request) -> MeBody:
        """Change how I am shown, or the group I work in."""
        wanted = fitted(await read_object(request, LIMIT_MIB), MeRequest)
        caller = with_account(request)

        def change(session: Session) -> None:
            if wanted.display_name:
                account = people.find(session, caller.id)
                renamed = people.Change(display_name=wanted.display_name)
                people.change(session, caller, account, renamed)
            if wanted.group is not None:
                groups.choose(session, caller, wanted.group)

        await self._store.write(change)
        return await self.get(request)

    async def change_password(self, request: Request) -> MeBody:
        """Change my password, which ends my other sessions."""
        wanted = fitted(await read_object(request, LIMIT_MIB), PasswordRequest)
        caller = with_account(request)
        await self._sign_ins.change_password(caller, wanted.current, wanted.new)
        return await self.get(request)

    async def list_sessions(self, request: Request) -> SessionList:
        """Where I am signed in."""
        caller = caller_of(request)
        found = await self._store.read(lambda session: sessions.of(session, caller.id))
        return {"data": [session_row(row, caller.session_id) for row in found], "has_more": False}

    async def end_session(self, request: Request, session_id: str) -> Ended:
        """End one of my sessions."""
        caller = caller_of(request)
        wanted = known_id(session_id)

        def end(session: Session) -> None:
            if not sessions.end(session, caller.id, wanted):
                raise JimaeError("user_session_not_found", id=wanted)
            note(session, caller, "session.revoke", target=wanted)

        await self._store.write(end)
        return {"ended": 1}

    async def end_other_sessions(self, request: Request) -> Ended:
        """End all of my sessions but this one."""
        caller = caller_of(request)

        def end(session: Session) -> int:
            ended = sessions.end_all(session, caller.id, caller.session_id)
            note(session, caller, "session.revoke", target=caller.id, details={"ended": ended})
            return ended

        return {"ended": await self._store.write(end)}
