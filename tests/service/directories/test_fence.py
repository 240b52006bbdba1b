"""A provider can lead this server nowhere but where the settings allow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from jimae.errors import JimaeError
from jimae.service.directories.attempt import Attempt, Seal
from jimae.service.directories.fence import LARGEST_ANSWER, Fence
from jimae.service.directories.oidc import Provider
from jimae.settings.directories import OidcSettings


def fence(issuer: str = "https://login.example.jp/t", *hosts: str) -> Fence:
    return Fence("house", OidcSettings(issuer=issuer, client_id="jimae", hosts=hosts))


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.jp/token",
        "https://login.example.jp:443/x?y",
        "https://LOGIN.example.jp/",
        "https://graph.example.jp/me",
        "https://other.example.jp:8443/",
    ],
)
def test_what_is_allowed(url: str) -> None:
    own = fence("https://login.example.jp/t", "graph.example.jp", "other.example.jp:8443")

    assert own.check(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.jp/token",
        "https://login.example.jp:8443/",
        "https://other.example.jp/",
        "https://evil.example/",
        "https://login.example.jp@evil.example/",
        "https://login.example.jp.evil.example/",
        "https://evil.example/login.example.jp",
        "https://login.example.jp:x/",
        "https://[::1/",
        "//login.example.jp/",
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_not(url: str) -> None:
    with pytest.raises(JimaeError) as caught:
        fence("https://login.example.jp/t", "other.example.jp:8443").check(url)

    assert caught.value.code == "directory_host"


async def ended(writer: asyncio.StreamWriter) -> None:
    # Whoever read enough may have gone.
    with suppress(OSError):
        await writer.drain()
        writer.close()
        await writer.wait_closed()


class Liar:
    """A provider on loopback that says what a test wants, and hears who connects."""

    def __init__(self) -> None:
        self.issuer = ""
        self.changed: dict[str, Any] = {}
        self.raw: bytes | None = None
        self.asked: list[str] = []
        self.answering: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.answer(reader, writer))
        self.answering.add(task)
        await task

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b" ")[1].decode())
        usual = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        body = json.dumps(usual | self.changed).encode()
        head = (
            f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
        )
        writer.write(self.raw if self.raw is not None else head + body)
        await ended(writer)


@asynccontextmanager
async def liar() -> AsyncIterator[Liar]:
    made = Liar()
    server = await asyncio.start_server(made.connected, "127.0.0.1", 0)
    made.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made
        await asyncio.gather(*made.answering)


async def code_of(told: Liar, **changed: Any) -> str:
    settings = OidcSettings(issuer=told.issuer, client_id="jimae", **changed)
    with pytest.raises(JimaeError) as caught:
        await Provider("house", settings).begin("http://127.0.0.1/back")
    return caught.value.code


async def test_an_honest_one() -> None:
    async with liar() as told:
        settings = OidcSettings(issuer=told.issuer, client_id="jimae")
        url, _ = await Provider("house", settings).begin("http://127.0.0.1/back")

    assert url.startswith(f"{told.issuer}/auth?")
    assert "code_challenge_method=S256" in url


async def test_endpoints_elsewhere() -> None:
    async with liar() as told, liar() as other:
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            told.changed = {name: f"{other.issuer}/x"}
            assert await code_of(told) == "directory_host"
        told.changed = {"issuer": other.issuer}
        assert await code_of(told) == "directory_answer"
        assert other.asked == []


async def test_a_redirect_is_not_followed() -> None:
    async with liar() as told, liar() as other:
        moved = f"HTTP/1.1 302 Found\r\nlocation: {other.issuer}/\r\ncontent-length: 0\r\n\r\n"
        told.raw = moved.encode()

        assert await code_of(told) == "directory_answer"
        assert other.asked == []


async def test_proxies_of_the_environment_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    async with liar() as told, liar() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.issuer)
        settings = OidcSettings(issuer=told.issuer, client_id="jimae")

        await Provider("house", settings).begin("http://127.0.0.1/back")

        assert (len(told.asked), proxy.asked) == (1, [])


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xff",
    ],
)
async def test_answers_that_are_none(raw: bytes) -> None:
    async with liar() as told:
        told.raw = raw

        assert await code_of(told) == "directory_answer"


async def test_answers_that_do_not_end() -> None:
    async with liar() as told:
        told.raw = b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (LARGEST_ANSWER + 1)
        assert await code_of(told) == "directory_unreachable"
        told.raw = b"garbage\r\n\r\n"
        assert await code_of(told) == "directory_unreachable"


async def test_a_silent_one() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        await ended(writer)

    server = await asyncio.start_server(wait, "127.0.0.1", 0)
    told = Liar()
    told.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        assert await code_of(told, timeout_seconds=0.2) == "directory_unreachable"
        # Let the other end see that nobody is there any more.
        await asyncio.sleep(0.05)


def test_an_attempt_is_sealed() -> None:
    attempt = Attempt.begin("house")
    seal = Seal(b"secret")

    sealed = seal.close(attempt)

    assert seal.open(sealed) == Seal(b"secret").open(sealed) == attempt
    assert attempt.nonce not in sealed
    assert Seal(b"other").open(sealed) is None
    assert Seal(None).open(sealed) is None
    for changed in ("", "x", "é", sealed[:-2], sealed[:10] + "AA" + sealed[12:]):
        assert seal.open(changed) is None
    assert Attempt.begin("house") != attempt


def test_an_attempt_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    seal = Seal(b"secret")
    sealed = seal.close(Attempt.begin("house"))

    monkeypatch.setattr("jimae.service.directories.attempt.SECONDS", -1)

    assert seal.open(sealed) is None
