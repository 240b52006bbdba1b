"""Signing in at a provider of OpenID Connect, and how directories are.

A browser walks through the two routes by itself, so what goes wrong is told as a page that a
person can read, with a way back.
"""

from __future__ import annotations

import html
from typing import Final, Literal

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from typing_extensions import TypedDict

from jimae.api.body import read_object
from jimae.api.caller import caller_of
from jimae.api.credentials import address_of, give_cookie, token_of, visitor_of
from jimae.api.errors import error_response, known, language_of
from jimae.api.explain import fitted
from jimae.api.jimae.schema import Strict, Typed
from jimae.api.openai.responses.queries import known_id
from jimae.errors import JimaeError, Language
from jimae.service.caller import Role
from jimae.service.directories.attempt import SECONDS
from jimae.service.directories.status import states
from jimae.service.directories.trial import Here, Step, What
from jimae.service.service import Service
from jimae.settings.directories import LdapSettings, OidcSettings

COOKIE: Final = "jimae_attempt"
HERE: Final = "/jimae/session/providers"
LONGEST_COOKIE: Final = 2048
LIMIT_MIB: Final = 1 / 16

PAGE: Final = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>jimae</title>
<h1>{heading}</h1>
<p>{message}</p>
<p><a href="{back}">{link}</a></p>
</html>
"""


class DirectoryBody(TypedDict):
    """How a directory of the settings is: `failure` is the code of why it could not be asked
    last, at `checked_at`; both are null before anybody asked."""

    id: str
    kind: Literal["oidc", "ldap"]
    name: str
    accounts: int
    checked_at: float | None
    failure: str | None


class DirectoriesBody(TypedDict):
    data: list[DirectoryBody]
    has_more: bool


class DirectoryTestRequest(Strict):
    """Body of POST /jimae/admin/directories/{directory_id}/test. `person`: somebody to look for
    by the name they sign in with; LDAP alone can, with an account to look people up."""

    person: Typed | None = None


class StepBody(TypedDict):
    """One thing that was tried. `facts` say what was found, or why it failed, in the words of
    the other side; `code` and `message` what is wrong, with the way out."""

    step: What
    ok: bool
    facts: str
    code: str | None
    message: str | None


class HereBody(TypedDict):
    """Somebody of a directory, and what they would be here: `role` is null where the directory
    does not decide on it."""

    name: str
    display_name: str
    groups_there: list[str]
    groups: list[str]
    role: Role | None


class DirectoryTestBody(TypedDict):
    """The steps up to the first that failed. `callback` is what to register at a provider of
    OpenID Connect; null where `server.public_url` is not set, and for LDAP."""

    ok: bool
    steps: list[StepBody]
    person: HereBody | None
    callback: str | None


class DirectoryRoutes:
    """The handlers, over one service."""

    def __init__(self, service: Service) -> None:
        self._directories = service.directories
        self._sign_ins = service.sign_ins
        self._store = service.store
        self._settings = service.settings

    async def begin(self, request: Request, provider_id: str) -> Response:
        """Send the browser to a provider, to sign in there."""
        try:
            callback = self._callback(provider_id)
            url, cookie = await self._directories.oidc.begin(provider_id, callback)
        except JimaeError as error:
            return self._told(request, error)
        response = RedirectResponse(url, status_code=303)
        response.headers["Cache-Control"] = "no-store"
        self._keep(request, response, cookie, SECONDS)
        return response

    async def end(self, request: Request, provider_id: str) -> Response:
        """Where a provider sends the browser back to: with a session, to the page."""
        try:
            callback = self._callback(provider_id)
            account_id = await self._directories.oidc.end(
                provider_id,
                callback,
                dict(request.query_params),
                request.cookies.get(COOKIE, "")[:LONGEST_COOKIE],
                address_of(request),
            )
            opened = await self._sign_ins.vouched(
                account_id, provider_id, visitor_of(request), token_of(request)
            )
        except JimaeError as error:
            response = self._told(request, error)
        else:
            response = RedirectResponse(self._root(request), status_code=303)
            seconds = self._settings.accounts.session_hours * 3600
            give_cookie(request, response, opened.token, seconds)
        response.headers["Cache-Control"] = "no-store"
        self._keep(request, response, "", 0)
        return response

    async def list(self) -> DirectoriesBody:
        """The directories of the settings."""
        known = await self._store.read(states)
        every: dict[str, OidcSettings | LdapSettings] = {
            **self._settings.oidc,
            **self._settings.ldap,
        }
        data: list[DirectoryBody] = []
        for name, own in every.items():
            state = known.get(name)
            data.append(
                {
                    "id": name,
                    "kind": "oidc" if isinstance(own, OidcSettings) else "ldap",
                    "name": own.title or name,
                    "accounts": state.accounts if state else 0,
                    "checked_at": state.checked_at if state else None,
                    "failure": state.failure if state else None,
                }
            )
        return {"data": data, "has_more": False}

    async def test(self, request: Request, directory_id: str) -> DirectoryTestBody:
        """Try a directory step by step. Nobody is signed in; it is recorded."""
        wanted = fitted(await read_object(request, LIMIT_MIB), DirectoryTestRequest)
        steps = await self._directories.tried(
            caller_of(request), known_id(directory_id), wanted.person
        )
        language = language_of(request.scope)
        here = steps[-1].here
        public = self._settings.server.public_url
        registers = directory_id in self._settings.oidc and public is not None
        return {
            "ok": all(step.error is None for step in steps),
            "steps": [_step(step, language) for step in steps],
            "person": None if here is None else _here(here),
            "callback": f"{public}{HERE}/{directory_id}/callback" if registers else None,
        }

    def _callback(self, provider_id: str) -> str:
        """The address that the provider knows. Raises `directory_unknown` and
        `public_url_missing`."""
        self._directories.oidc.provider(provider_id)
        public = self._settings.server.public_url
        if public is None:
            raise JimaeError("public_url_missing", directory=provider_id[:100])
        return f"{public}{HERE}/{provider_id}/callback"

    def _root(self, request: Request) -> str:
        return f"{request.scope.get('root_path', '')}/"

    def _keep(self, request: Request, response: Response, value: str, seconds: int) -> None:
        """Give the browser the cookie of its attempt, or take it back."""
        response.set_cookie(
            COOKIE,
            value,
            max_age=seconds,
            path=f"{request.scope.get('root_path', '')}{HERE}",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def _told(self, request: Request, raised: JimaeError) -> Response:
        error = known(raised)
        if "text/html" not in request.headers.get("accept", ""):
            return error_response(error, request.scope)
        language = language_of(request.scope)
        japanese = language == "ja"
        page = PAGE.format(
            language=language,
            heading="サインインできませんでした" if japanese else "You are not signed in",
            message=html.escape(error.message(language)),
            back=html.escape(self._root(request)),
            link="チャットに戻る" if japanese else "Back to the chat",
        )
        headers = {"Vary": "Accept-Language, Accept"}
        return HTMLResponse(page, status_code=error.status, headers=headers)


def _step(step: Step, language: Language) -> StepBody:
    error = step.error
    return {
        "step": step.what,
        "ok": error is None,
        "facts": step.facts,
        "code": None if error is None else error.code,
        "message": None if error is None else error.whole(language),
    }


def _here(here: Here) -> HereBody:
    person, mapped = here
    return {
        "name": person.name,
        "display_name": person.display_name,
        "groups_there": [*person.groups],
        "groups": sorted(mapped.groups),
        "role": mapped.role,
    }
