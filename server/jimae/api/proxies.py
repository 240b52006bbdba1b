"""Reverse proxies that are trusted to say who asked them, and how."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope


class Proxies:
    """Those whose addresses are in `networks`; what anybody else says of it is passed over."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]

    def seen(self, scope: Scope) -> tuple[Scope, str]:
        """The request with the client's own address and scheme, and the `host[:port]` that its
        client called."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        client = scope.get("client")
        if client is None or not self._trusted(client[0]):
            return scope, host
        address = self._client(client[0], headers.getlist("x-forwarded-for"))
        scheme = _last(headers.getlist("x-forwarded-proto")).lower()
        told = {"client": (address, 0)}
        if scheme in ("http", "https"):
            told["scheme"] = scheme  # type: ignore[assignment]
        return {**scope, **told}, _last(headers.getlist("x-forwarded-host")) or host

    def _client(self, proxy: str, forwarded: Sequence[str]) -> str:
        """The last address that no trusted proxy has: what stands before it, anybody can write."""
        address = proxy
        for part in reversed([part.strip() for value in forwarded for part in value.split(",")]):
            if not _is_address(part):
                break
            address = part
            if not self._trusted(part):
                break
        return address

    def _trusted(self, address: str) -> bool:
        try:
            return any(ipaddress.ip_address(address) in network for network in self._networks)
        except ValueError:
            return False


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _last(values: Sequence[str]) -> str:
    return values[-1].rpartition(",")[2].strip() if values else ""
