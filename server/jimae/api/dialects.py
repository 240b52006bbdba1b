"""Which API a request belongs to, and so how an error on it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from jimae.api.anthropic import errors as anthropic
from jimae.api.ollama import errors as ollama
from jimae.api.scim import errors as scim
from jimae.errors import JimaeError, Language

Dialect = Literal["openai", "anthropic", "ollama", "scim"]

ANTHROPIC: Final = "/v1/messages"
# Theirs and OpenAI's, who asks is known by the header that all of their clients send.
SHARED: Final = "/v1/models"
VERSION: Final = "anthropic-version"
# By name: what else is under /api belongs to the web page.
# fmt: off
_NAMES = (
    "chat", "copy", "create", "delete", "embed", "embeddings", "generate", "ps", "pull", "push",
    "show", "tags", "version",
)
# fmt: on
OLLAMA: Final = frozenset(f"/api/{name}" for name in _NAMES)


class Told(NamedTuple):
    """An error as its reader knows them."""

    body: object
    status: int
    headers: Mapping[str, str] = {}


def dialect(path: str) -> Dialect:
    if path == ANTHROPIC or path.startswith(f"{ANTHROPIC}/"):
        return "anthropic"
    if path.startswith(f"{scim.PREFIX}/"):
        return "scim"
    return "ollama" if path in OLLAMA or path.startswith("/api/blobs/") else "openai"


def of(scope: Scope) -> Dialect:
    """The API of a request."""
    path = scope.get("path", "")
    if (path == SHARED or path.startswith(f"{SHARED}/")) and VERSION in Headers(scope=scope):
        return "anthropic"
    return dialect(path)


def told(error: JimaeError, language: Language, scope: Scope, status: int) -> Told | None:
    """An error in the envelope of its API; None for ours, which is OpenAI's."""
    match of(scope):
        case "anthropic":
            request = anthropic.request_id(scope)
            return Told(
                anthropic.envelope(error, language, request),
                anthropic.status(status),
                {anthropic.REQUEST_ID: request},
            )
        case "ollama":
            return Told(ollama.envelope(error, language), status)
        case "scim":
            body = scim.envelope(error, language, status)
            return Told(body, status, {"Content-Type": scim.MEDIA_TYPE})
        case "openai":
            return None
