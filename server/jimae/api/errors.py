"""One envelope for every error: `{"error": {"message", "type", "param", "code"}}`.

Paths that speak another API than OpenAI's have that API's: see `dialects`.
"""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import TypedDict

from jimae.api.dialects import Told, told
from jimae.api.language import preferred
from jimae.errors import JimaeError, Language

log = logging.getLogger(__name__)

LONGEST_PATH = 200


class ErrorBody(TypedDict):
    message: str
    type: str
    param: str | None
    code: str


class Envelope(TypedDict):
    error: ErrorBody


def envelope(error: JimaeError, language: Language) -> Envelope:
    return {
        "error": {
            "message": error.message(language),
            "type": error.type,
            "param": error.param,
            "code": error.code,
        }
    }


def language_of(scope: Scope) -> Language:
    return preferred(Headers(scope=scope).get("accept-language"))


def error_response(
    error: JimaeError,
    scope: Scope,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The whole response of an error; `Retry-After` in whole seconds, rounded up."""
    language, status = language_of(scope), status or error.status
    body = told(error, language, scope, status) or Told(envelope(error, language), status)
    sent = {
        "Cache-Control": "no-store",
        "Vary": "Accept-Language",
        **body.headers,
        **(headers or {}),
    }
    if body.status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        sent["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return Response(
        msgspec.json.encode(body.body),
        status_code=body.status,
        headers=sent,
        media_type="application/json",
    )


def known(error: Exception) -> JimaeError:
    """The error itself if it has a code; what of it is not for callers is logged. Anything else
    is logged under a reference, and only the reference is told."""
    if isinstance(error, JimaeError):
        if error.text.inside is not None:
            log.error("%s", error)
        return error
    reference = secrets.token_hex(4)
    log.error("internal error %s", reference, exc_info=error)
    return JimaeError("internal_error", reference=reference)


def install(app: FastAPI) -> None:
    """Every exception of every route becomes an envelope."""
    app.add_exception_handler(JimaeError, _on_known)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(CatchAll)


class CatchAll:
    """ASGI middleware: what no handler knew is logged here once and answered with its
    reference. starlette's own raises it again, and the server logs it twice."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            log.debug("client left while sending its request")
        except Exception as error:
            coded = known(error)
            if not started:
                await error_response(coded, scope)(scope, receive, send)


async def _on_known(request: Request, error: Exception) -> Response:
    return error_response(known(error), request.scope)


async def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    path = request.url.path[:LONGEST_PATH]
    if error.status_code == HTTPStatus.NOT_FOUND:
        coded = JimaeError("not_found", method=request.method, path=path)
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "-")
        coded = JimaeError("method_not_allowed", method=request.method, path=path, allowed=allowed)
    else:
        coded = JimaeError("http_error", reason=str(error.detail))
    return error_response(coded, request.scope, status=error.status_code, headers=error.headers)
