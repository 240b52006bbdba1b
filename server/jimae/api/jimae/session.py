"""Signing in and out at the page."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.credentials import (
    credentials_of,
    give_cookie,
    take_cookie,
    token_of,
    visitor_of,
)
from jimae.api.errors import language_of
from jimae.api.explain import fitted
from jimae.api.jimae.bodies import MeBody, me_body
from jimae.api.jimae.schema import SetupRequest, SignInRequest
from jimae.errors import JimaeError
from jimae.service.accounts.accounts import Credentials
from jimae.service.accounts.sessions import Opened
from jimae.service.caller import Caller
from jimae.service.policy import texts
from jimae.service.service import Service

LIMIT_MIB: Final = 1 / 16


class ProviderBody(TypedDict):
    id: str
    name: str


class WaysBody(TypedDict):
    """How one can sign in."""

    password: bool
    providers: list[ProviderBody]


class PolicyBody(TypedDict):
    """The text of use in force, and whether it was accepted."""

    version: int
    text: str
    accepted: bool


class SessionBody(TypedDict):
    """`single`: there are no accounts, and everybody is the same local person. `setup`: the
    first administrator can be made with the code that the terminal tells."""

    mode: Literal["single", "accounts"]
    setup: bool
    me: MeBody | None
    csrf: str | None
    sign_in: WaysBody
    policy: PolicyBody | None


class SessionRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._accounts = service.accounts
        self._sign_ins = service.sign_ins
        self._directories = service.directories
        self._seconds = service.settings.accounts.session_hours * 3600

    async def get(self, request: Request) -> SessionBody:
        """Who is signed in, and how one signs in."""
        return await self._body(request, credentials_of(request))

    async def sign_in(self, request: Request) -> Response:
        """Sign in with a name and a password."""
        wanted = fitted(await read_object(request, LIMIT_MIB), SignInRequest)
        opened = await self._sign_ins.sign_in(
            wanted.name, wanted.password, visitor_of(request), token_of(request)
        )
        return await self.opened(request, opened)

    async def set_up(self, request: Request) -> Response:
        """Make the first administrator with the code that the terminal tells."""
        wanted = fitted(await read_object(request, LIMIT_MIB), SetupRequest)
        opened = await self._sign_ins.set_up(
            wanted.code, wanted.name, wanted.password, visitor_of(request)
        )
        return await self.opened(request, opened)

    async def sign_out(self, request: Request) -> Response:
        """End the session of this request."""
        await self._sign_ins.sign_out(caller_of(request))
        response = self._response(await self._body(request, Credentials()))
        take_cookie(request, response)
        return response

    async def opened(self, request: Request, opened: Opened) -> Response:
        """The answer to who has just signed in, with the cookie of their session."""
        response = self._response(await self._body(request, Credentials(token=opened.token)))
        give_cookie(request, response, opened.token, self._seconds)
        return response

    async def _body(self, request: Request, shown: Credentials) -> SessionBody:
        there = await self._accounts.are_there()
        try:
            me = await self._accounts.who(shown)
        except JimaeError as error:
            if error.status != 401:
                raise
            me = None
        return {
            "mode": "accounts" if there else "single",
            "setup": not there,
            "me": None if me is None else me_body(me),
            "csrf": None if me is None else me.csrf,
            "sign_in": {"password": True, "providers": self._providers()},
            "policy": None if me is None else await self._policy(request, me.caller),
        }

    def _providers(self) -> list[ProviderBody]:
        return [{"id": shown.id, "name": shown.name} for shown in self._directories.shown()]

    async def _policy(self, request: Request, caller: Caller) -> PolicyBody | None:
        """In the language of the reader, if it is written in it."""

        def find(session: Session) -> PolicyBody | None:
            text = texts.current(session)
            if text is None:
                return None
            ja, en = text.ja or text.en, text.en or text.ja
            return {
                "version": text.version,
                "text": ja if language_of(request.scope) == "ja" else en,
                "accepted": texts.has_accepted(session, caller.id, text.version),
            }

        return await self._store.read(find)

    def _response(self, body: SessionBody) -> Response:
        return Response(
            msgspec.json.encode(body),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )
