"""Which requests are answered at all, by where they come from.

Without accounts, only those of this machine: a page anywhere can point its own name at
127.0.0.1 (DNS rebinding), and a proxy on this machine would make everybody look local. So only
loopback names are answered, nothing that was forwarded, and no page but those served from here.

With accounts, any client may ask, through a proxy too; but no page of another site may change
anything, and no answer ever lets one read it (there are no CORS headers).
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from jimae.api.credentials import KEY, SAFE
from jimae.api.errors import error_response
from jimae.api.proxies import Proxies
from jimae.errors import JimaeError
from jimae.service.accounts.accounts import Accounts
from jimae.settings import ServerSettings

log = logging.getLogger(__name__)

FORWARDING: Final = ("forwarded", "x-real-ip", "via")
FORWARDING_PREFIX: Final = "x-forwarded-"
LONGEST_SHOWN: Final = 100
PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


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
    place = _place(authority)
    return None if place is None else place[0]


# Code of the page, the same for everybody. The frame that draws diagrams asks for it, and has
# no origin of its own.
WITHOUT_ORIGIN: Final = frozenset(("/diagrams/diagram.js", "/diagrams/mermaid.js"))


def refusal(headers: Headers, path: str = "") -> JimaeError | None:
    """Why these headers may not be answered in single-user mode; None if they may."""
    host = _only_host(headers)
    if host is None or not is_loopback(host):
        return JimaeError("host_not_allowed", host=_hosts(headers))
    for name in headers:
        if name in FORWARDING or name.startswith(FORWARDING_PREFIX):
            return JimaeError("proxy_not_allowed", header=name[:LONGEST_SHOWN])
    for origin in headers.getlist("origin"):
        if not _own_page(origin) and not (origin == "null" and path in WITHOUT_ORIGIN):
            return JimaeError("origin_not_allowed", origin=origin[:LONGEST_SHOWN])
    return None


def foreign(
    method: str, headers: Headers, names: frozenset[str], host_seen: str
) -> JimaeError | None:
    """Why a request may not be answered where there are accounts; None if it may.

    `names` are the hosts of the setting; `host_seen` is `host[:port]` as the browser has it.
    A key is no credential that a browser sends by itself: who has one may come from anywhere.
    """
    host = _only_host(headers)
    if host is None or (names and host not in names and not is_loopback(host)):
        return JimaeError("host_not_named", host=_hosts(headers))
    if method in SAFE or KEY in headers or "authorization" in headers:
        return None
    origin = headers.get("origin", "")
    site = headers.get("sec-fetch-site")
    # Browsers say the first to safe addresses only, programs say neither.
    same = site in ("same-origin", "none") if site is not None else _same(origin, host_seen)
    return None if same else JimaeError("cross_origin", origin=origin[:LONGEST_SHOWN] or "-")


def _only_host(headers: Headers) -> str | None:
    hosts = headers.getlist("host")
    return host_of(hosts[0]) if len(hosts) == 1 else None


def _hosts(headers: Headers) -> str:
    return ", ".join(headers.getlist("host"))[:LONGEST_SHOWN]


def _own_page(origin: str) -> bool:
    scheme, separator, authority = origin.partition("://")
    host = host_of(authority) if separator else None
    return scheme in ("http", "https") and host is not None and is_loopback(host)


def _same(origin: str, host_seen: str) -> bool:
    """Whether an origin is that of the host, whatever its scheme: who ends TLS may not say so."""
    if not origin:
        return True
    scheme, _, authority = origin.partition("://")
    default = PORTS.get(scheme)
    theirs, ours = _place(authority), _place(host_seen)
    if default is None or theirs is None or ours is None:
        return False
    return (theirs[0], theirs[1] or default) == (ours[0], ours[1] or default)


def _place(authority: str) -> tuple[str, int | None] | None:
    """Host and port of `host[:port]`; None if it is not one."""
    try:
        parts = urlsplit(f"//{authority}")
        port = parts.port
    except ValueError:
        return None
    if parts.netloc != authority or "@" in authority or parts.path or parts.query:
        return None
    return None if parts.hostname is None else (parts.hostname, port)


class Guard:
    """ASGI middleware that answers 403 to everything `refusal` or `foreign` refuses, and tells
    what is behind it the client's address and scheme as trusted proxies have them."""

    def __init__(self, app: ASGIApp, accounts: Accounts, settings: ServerSettings) -> None:
        self._app = app
        self._accounts = accounts
        self._names = frozenset(name.lower().rstrip(".") for name in settings.hosts)
        self._proxies = Proxies(settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if await self._open():
                scope, host_seen = self._proxies.seen(scope)
                refused = foreign(scope["method"], headers, self._names, host_seen)
            else:
                refused = refusal(headers, scope["path"])
            if refused is not None:
                await error_response(refused, scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _open(self) -> bool:
        """Whether there are accounts. Where that cannot be known now, as if there were none:
        that lets in less."""
        try:
            return await self._accounts.are_there()
        except JimaeError as error:
            log.debug("whether there are accounts is not known: %s", error)
            return False
