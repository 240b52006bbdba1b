"""What a request shows of who sends it: a session's cookie, or API keys in two headers."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from jimae.errors import JimaeError
from jimae.service.accounts.accounts import Credentials
from jimae.service.accounts.sessions import Visitor

COOKIE: Final = "jimae_session"
CSRF: Final = "x-jimae-csrf"
KEY: Final = "x-api-key"
SAFE: Final = ("GET", "HEAD", "OPTIONS")
LONGEST: Final = 512


def credentials_of(request: Request) -> Credentials:
    """Raises `credentials_malformed` for what is neither a cookie of ours nor a key."""
    headers = request.headers
    keys = [value.strip() for value in headers.getlist(KEY)]
    for value in headers.getlist("authorization"):
        scheme, _, key = value.strip().partition(" ")
        if scheme.lower() != "bearer":
            raise JimaeError("credentials_malformed", scheme=scheme[:20])
        keys.append(key.strip())
    return Credentials(
        token=token_of(request),
        keys=tuple(key[:LONGEST] for key in keys),
        csrf=None if request.method in SAFE else headers.get(CSRF, "")[:LONGEST],
        address=address_of(request),
    )


def token_of(request: Request) -> str | None:
    """The token of the session's cookie, if there is one."""
    token = request.cookies.get(COOKIE)
    return token[:LONGEST] if token else None


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def visitor_of(request: Request) -> Visitor:
    return Visitor(address_of(request), request.headers.get("user-agent", ""))


def give_cookie(request: Request, response: Response, token: str, seconds: float) -> None:
    """The browser keeps it from scripts and from requests of other sites' forms."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(seconds),
        path=_path(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def take_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(
        COOKIE,
        path=_path(request),
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) or "/"
