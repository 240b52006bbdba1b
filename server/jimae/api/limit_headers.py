"""What is left of the limits, told with every answer of a model in headers that clients know.

OpenAI's, with times to wait as Go writes them, and under /v1/messages Anthropic's, with the times
themselves. Each tells of the limit of which the least is left, and nothing where none is set.
https://developers.openai.com/api/docs/guides/rate-limits
https://platform.claude.com/docs/en/api/rate-limits
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jimae.api.dialects import of
from jimae.service.limits.limits import Limits
from jimae.service.limits.rules import Count
from jimae.service.limits.standing import Part, Standing

METERED: Final = frozenset(
    (
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/rerank",
        "/v1/responses",
        "/v1/messages",
        "/api/chat",
        "/api/generate",
        "/api/embed",
        "/api/embeddings",
    )
)
KINDS: Final[dict[str, tuple[Count, ...]]] = {
    "requests": ("requests_per_minute",),
    "tokens": ("tokens_per_day", "tokens_per_month"),
}


class LimitHeaders:
    """ASGI middleware: adds them to what a caller was answered, be it an error."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and _metered(scope):
                caller = scope.get("state", {}).get("caller")
                if caller is not None:
                    MutableHeaders(raw=message.setdefault("headers", [])).update(
                        headers(self._limits.standing(caller), of(scope) == "anthropic")
                    )
            await send(message)

        await self._app(scope, receive, told)


def headers(standing: Standing, anthropic: bool) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, counts in KINDS.items():
        part = standing.strictest(*counts)
        if part is not None:
            told = _anthropic if anthropic else _openai
            found |= told(kind, part, standing.at)
    return found


def _openai(kind: str, part: Part, at: float) -> dict[str, str]:
    return {
        f"x-ratelimit-limit-{kind}": str(part.limit),
        f"x-ratelimit-remaining-{kind}": str(part.left),
        f"x-ratelimit-reset-{kind}": duration((part.returns_at or at) - at),
    }


def _anthropic(kind: str, part: Part, at: float) -> dict[str, str]:
    resets = datetime.fromtimestamp(math.ceil(part.returns_at or at), UTC)
    return {
        f"anthropic-ratelimit-{kind}-limit": str(part.limit),
        f"anthropic-ratelimit-{kind}-remaining": str(part.left),
        f"anthropic-ratelimit-{kind}-reset": resets.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def duration(seconds: float) -> str:
    """As Go writes one, in whole seconds rounded up: `6m0s`, `1h0m12s`."""
    left = max(0, math.ceil(seconds))
    hours, minutes = left // 3600, left // 60 % 60
    parts = [f"{hours}h"] if hours else []
    parts += [f"{minutes}m"] if hours or minutes else []
    return "".join([*parts, f"{left % 60}s"])


def _metered(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in METERED
