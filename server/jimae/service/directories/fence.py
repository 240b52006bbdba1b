"""The only way out to a provider: to the hosts that the settings name, and nowhere else.

What a provider's discovery says is somebody else's word. Every request passes here, whatever
made it, so an endpoint on another host, a redirect or a proxy of the environment cannot lead
this server anywhere.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import httpx2

from jimae.errors import JimaeError
from jimae.settings.directories import OidcSettings

# Keys and discovery take a few KiB.
LARGEST_ANSWER: Final = 1024 * 1024
PORTS: Final = {"https": 443, "http": 80}


class Fence:
    """What one provider may be reached at."""

    def __init__(self, directory: str, settings: OidcSettings) -> None:
        self._directory = directory
        issuer = urlsplit(settings.issuer)
        self._scheme = issuer.scheme
        others = (urlsplit(f"//{host}") for host in settings.hosts)
        self._open = frozenset(
            (parts.hostname or "", parts.port or PORTS[self._scheme]) for parts in (issuer, *others)
        )

    def check(self, url: str) -> str:
        """The address itself. Raises `directory_host`."""
        try:
            parts = urlsplit(url)
            place = (parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
        except ValueError:
            parts, place = urlsplit(""), ("", 0)
        if parts.scheme != self._scheme or place not in self._open:
            raise JimaeError(
                "directory_host", directory=self._directory, host=f"{place[0]}:{place[1]}"
            )
        return url


class FencedTransport(httpx2.AsyncBaseTransport):
    """Sends only what the fence lets out, and reads no more than a provider needs to say."""

    def __init__(self, fence: Fence, trusted: ssl.SSLContext) -> None:
        self._fence = fence
        self._inner = httpx2.AsyncHTTPTransport(verify=trusted, trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self._fence.check(str(request.url))
        response = await self._inner.handle_async_request(request)
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise httpx2.StreamError("not a stream for asyncio")
        return httpx2.Response(
            response.status_code,
            headers=response.headers,
            stream=_Bounded(stream),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > LARGEST_ANSWER:
                raise httpx2.ReadError("the answer is larger than 1 MiB")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
