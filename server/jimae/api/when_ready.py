"""A JSON body that takes time to make: its work ends at once when its reader leaves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from jimae.api.leaving import ClientLeft, unless_left

log = logging.getLogger(__name__)


class WhenReady(Response):
    """Runs `work` when it is sent; what that raises becomes the answer's envelope."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        super().__init__()
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await unless_left(receive, self._work())
        except ClientLeft:
            log.debug("client left before its answer was made")
            return
        response = Response(
            msgspec.json.encode(body),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )
        await response(scope, receive, send)
