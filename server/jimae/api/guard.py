"""Who may speak to a server without accounts: only its own machine.

A page anywhere can point its own name at 127.0.0.1 (DNS rebinding), and a
proxy on this machine would make everybody look local. So only loopback names
are answered, nothing that was forwarded, and no page but those served from
this machine.
"""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from jimae.api.errors import error_response
from jimae.errors import JimaeError

FORWARDING: Final = ("forwarded", "x-real-ip", "via")
FORWARDING_PREFIX: Final = "x-forwarded-"
LONGEST_SHOWN: Final = 100


def is_loopback(host: str) -> bool:
    """Whether a host name or address, without a port, means this machine."""
    name = host.lower().rstrip(".")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str | None:
    """The host of `host[:port]`; None if it is not one."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port
    except ValueError:
        return None
    if parts.netloc != authority or "@" in authority or parts.path or parts.query:
        return None
    return parts.hostname


def refusal(headers: Headers) -> JimaeError | None:
    """Why these headers may not be answered in single-user mode; None if they may."""
    hosts = headers.getlist("host")
    host = host_of(hosts[0]) if len(hosts) == 1 else None
    if host is None or not is_loopback(host):
        return JimaeError("host_not_allowed", host=", ".join(hosts)[:LONGEST_SHOWN])
    for name in headers:
        if name in FORWARDING or name.startswith(FORWARDING_PREFIX):
            return JimaeError("proxy_not_allowed", header=name[:LONGEST_SHOWN])
    for origin in headers.getlist("origin"):
        if not _own_page(origin):
            return JimaeError("origin_not_allowed", origin=origin[:LONGEST_SHOWN])
    return None


def _own_page(origin: str) -> bool:
    scheme, separator, authority = origin.partition("://")
    host = host_of(authority) if separator else None
    return scheme in ("http", "https") and host is not None and is_loopback(host)


class LocalOnly:
    """ASGI middleware that answers 403 to everything `refusal` refuses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            refused = refusal(Headers(scope=scope))
            if refused is not None:
                response = error_response(refused, scope)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
