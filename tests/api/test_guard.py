"""Who a server without accounts answers."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import Headers

from jimae.api.guard import host_of, is_loopback, refusal

LOCAL = [
    "localhost",
    "LOCALHOST:8080",
    "localhost.",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.8.9.10:1",
    "[::1]",
    "[::1]:8080",
]
FOREIGN = [
    "",
    "example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "127.0.0.1@example.com",
    "example.com:127",
    "0.0.0.0",  # noqa: S104
    "192.168.0.2:8080",
    "[::]",
    "[::ffff:10.0.0.1]",
    "2130706433",
    "127.1",
    "localhost:99999",
    "localhost/x",
    "localhost?",
    "::1",
    "[::1",
]


@pytest.mark.parametrize("host", LOCAL)
def test_local_hosts_are_answered(host: str) -> None:
    assert refusal(Headers({"host": host})) is None


@pytest.mark.parametrize("host", FOREIGN)
def test_other_hosts_are_refused(host: str) -> None:
    error = refusal(Headers({"host": host}))
    assert error is not None
    assert error.code == "host_not_allowed"


def test_two_hosts_are_refused() -> None:
    raw = [(b"host", b"127.0.0.1"), (b"host", b"example.com")]
    assert refusal(Headers(raw=raw)) is not None
    assert refusal(Headers(raw=[])) is not None


@pytest.mark.parametrize(
    "name", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Anything", "X-Real-IP", "Via"]
)
def test_what_was_forwarded_is_refused(name: str) -> None:
    error = refusal(Headers({"host": "localhost", name: "127.0.0.1"}))
    assert error is not None
    assert error.code == "proxy_not_allowed"


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1"])
def test_own_pages_are_answered(origin: str) -> None:
    assert refusal(Headers({"host": "localhost", "origin": origin})) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://example.com",
        "https://localhost.example.com",
        "file://localhost",
        "http://localhost@example.com",
        "localhost",
    ],
)
def test_other_pages_are_refused(origin: str) -> None:
    error = refusal(Headers({"host": "localhost", "origin": origin}))
    assert error is not None
    assert error.code == "origin_not_allowed"


async def test_every_route_is_guarded(client: httpx.AsyncClient) -> None:
    for path in ("/", "/health/live", "/v1/models", "/openapi.json", "/nothing"):
        response = await client.get(path, headers={"Host": "evil.example"})
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "host_not_allowed"


def test_names_of_this_machine() -> None:
    assert is_loopback("[::1]")
    assert not is_loopback("")
    assert host_of("[::1]:80") == "::1"
    assert host_of("a b") != "localhost"
