"""What was found in what somebody sent, told with the answer in `x-jimae-findings`.

Clients that do not know the header lose nothing: the body is that of any other answer.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jimae.service.policy.telling import HEADER, header, listening


class FindingHeaders:
    """ASGI middleware: adds it to answers, and to errors, of requests that were looked at."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with listening() as found:

            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start" and found:
                    headers = MutableHeaders(raw=message.setdefault("headers", []))
                    headers[HEADER] = header(found)
                await send(message)

            await self._app(scope, receive, tell)
