"""Reverse proxies that are trusted to say who asked them, and how."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

FOLDER: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


class Proxies:
    """Those whose addresses are in `networks`; what anybody else says of it is passed over."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]

    def seen(self, scope: Scope) -> tuple[Scope, str]:
        """The request with the client's own address and scheme and the folder that the proxy
        gives us (`X-Forwarded-Prefix`), and the `host[:port]` that its
        client called."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        client = scope.get("client")
        if client is None or not self._trusted(client[0]):
            return scope, host
        address = self._client(client[0], headers.getlist("x-forwarded-for"))
        scheme = _last(headers.getlist("x-forwarded-proto")).lower()
        if scheme not in ("http", "https"):
            scheme = scope["scheme"]
        seen = {**scope, "client": (address, 0), "scheme": scheme}
        folder = _last(headers.getlist("x-forwarded-prefix")).rstrip("/")
        if FOLDER.fullmatch(folder):
            seen["root_path"] = folder
        return seen, _last(headers.getlist("x-forwarded-host")) or host

    def _client(self, proxy: str, forwarded: Sequence[str]) -> str:
        """The last address that no trusted proxy has: what stands before it, anybody can write."""
        address = proxy
        for part in reversed([part.strip() for value in forwarded for part in value.split(",")]):
            if _address(part) is None:
                break
            address = part
            if not self._trusted(part):
                break
        return address

    def _trusted(self, address: str) -> bool:
        found = _address(address)
        return found is not None and any(found in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 as that, also where a socket of IPv6 shows it."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _last(values: Sequence[str]) -> str:
    return values[-1].rpartition(",")[2].strip() if values else ""
