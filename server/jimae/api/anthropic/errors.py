"""Errors as Anthropic's clients know them."""

from __future__ import annotations

import secrets
from typing import Final, Literal

from starlette.types import Scope
from typing_extensions import TypedDict

from jimae.errors import JimaeError, Language

ErrorType = Literal[
    "invalid_request_error",
    "authentication_error",
    "permission_error",
    "not_found_error",
    "rate_limit_error",
    "api_error",
    "overloaded_error",
]

REQUEST_ID: Final = "request-id"
OVERLOADED: Final = 529

_BY_STATUS: Final[dict[int, ErrorType]] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    503: "overloaded_error",
}


# By our code and the parameter: the codes that their client acts on. Told this one, it sends
# the whole conversation instead.
_THEIRS: Final[dict[tuple[str, str | None], str]] = {
    ("unsupported_parameter", "thread"): "thread_unsupported_request"
}


class Details(TypedDict):
    """What of our errors theirs has no place for. `error_code` is ours but for those that their
    client acts on; `param` is the path of a field."""

    error_code: str
    param: str | None


class ErrorBody(TypedDict):
    type: ErrorType
    message: str
    details: Details


class Envelope(TypedDict):
    type: Literal["error"]
    error: ErrorBody
    request_id: str


def envelope(error: JimaeError, language: Language, request_id: str) -> Envelope:
    return {
        "type": "error",
        "error": {
            "type": _type(error.status),
            "message": error.message(language),
            "details": {
                "error_code": _THEIRS.get((error.code, error.param), error.code),
                "param": error.param,
            },
        },
        "request_id": request_id,
    }


def status(of: int) -> int:
    """The HTTP status by which their clients know the class of an error."""
    return OVERLOADED if of == 503 else of


def request_id(scope: Scope) -> str:
    """The id of a request, which its headers and its errors tell: one for each."""
    found: str = scope.setdefault("jimae.request_id", f"req_{secrets.token_hex(12)}")
    return found


def _type(of: int) -> ErrorType:
    if of in _BY_STATUS:
        return _BY_STATUS[of]
    return "invalid_request_error" if of < 500 else "api_error"
