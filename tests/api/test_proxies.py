"""Who is believed about where a request came from, and which hosts are answered."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.datastructures import Headers

from fakes.backend import Backends
from fakes.people import PASSWORD, People
from jimae.api.app import create_app
from jimae.api.guard import foreign
from jimae.api.proxies import Proxies
from jimae.service.service import Service
from jimae.settings import ServerSettings, Settings

PROXIES = Proxies(("10.0.0.0/8", "::1/128"))


def seen(client: str, **headers: str) -> tuple[str, str, str]:
    """Address, scheme and host of a request as they are believed."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "client": (client, 1), "scheme": "http", "headers": raw}
    found, host = PROXIES.seen(scope)
    return found["client"][0], found["scheme"], host


def test_a_stranger_is_not_believed() -> None:
    told = {"x_forwarded_for": "192.0.2.1", "x_forwarded_proto": "https", "host": "a"}
    assert seen("203.0.113.5", **told) == ("203.0.113.5", "http", "a")
    assert seen("not-an-address", **told) == ("not-an-address", "http", "a")


def test_a_trusted_proxy_is() -> None:
    told = {
        "x_forwarded_for": "192.0.2.1",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "chat.example",
        "host": "127.0.0.1:8080",
    }
    assert seen("10.1.2.3", **told) == ("192.0.2.1", "https", "chat.example")
    # As a socket shows it that listens for both kinds of addresses.
    assert seen("::ffff:10.1.2.3", **told) == ("192.0.2.1", "https", "chat.example")


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("1.2.3.4, 192.0.2.1", "192.0.2.1"),
        ("1.2.3.4, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("192.0.2.1, unknown", "10.1.2.3"),
        ("", "10.1.2.3"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_the_last_one_that_no_proxy_of_ours_has(forwarded: str, address: str) -> None:
    """What stands before it, the client itself can have written."""
    assert seen("10.1.2.3", x_forwarded_for=forwarded)[0] == address


@given(st.text(alphabet="0123456789abc.:, x", max_size=60))
def test_whatever_is_forwarded_the_address_is_one(forwarded: str) -> None:
    address = seen("10.1.2.3", x_forwarded_for=forwarded)[0]
    assert address == "10.1.2.3" or address in [part.strip() for part in forwarded.split(",")]


def test_networks_are_checked_at_the_start() -> None:
    assert ServerSettings(trusted_proxies="10.0.0.1, fd00::/8").trusted_proxies == (  # type: ignore[arg-type]
        "10.0.0.1/32",
        "fd00::/8",
    )
    for wrong in ("proxy.example", "10.0.0.1/8", "*"):
        with pytest.raises(ValidationError):
            ServerSettings(trusted_proxies=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("chat.example", True),
        ("CHAT.example:8443", True),
        ("127.0.0.1:8080", True),
        ("evil.example", False),
        ("chat.example.evil.example", False),
        ("chat.example@evil.example", False),
        ("", False),
    ],
)
def test_hosts_can_be_named(host: str, answered: bool) -> None:
    refused = foreign("GET", Headers({"host": host}), frozenset(("chat.example",)), host)
    assert (refused is None) == answered
    assert refused is None or refused.code == "host_not_named"


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("https://chat.example", "chat.example", True),
        ("https://chat.example", "chat.example:443", True),
        ("http://chat.example:8080", "chat.example:8080", True),
        ("http://chat.example", "chat.example:8080", False),
        ("https://chat.example.evil.example", "chat.example", False),
        ("null", "chat.example", False),
        ("chrome-extension://chat.example", "chat.example", False),
        ("https://", "chat.example", False),
    ],
)
def test_what_is_the_same_place(origin: str, host: str, same: bool) -> None:
    headers = Headers({"host": host, "origin": origin})
    assert (foreign("POST", headers, frozenset(), host) is None) == same
    assert foreign("GET", headers, frozenset(), host) is None


async def test_behind_tls_the_cookie_is_for_tls(settings: Settings, backends: Backends) -> None:
    server = settings.server.model_copy(update={"trusted_proxies": ("127.0.0.0/8",)})
    settings = settings.model_copy(update={"server": server})
    service = Service(settings, backends.make)
    await service.start()
    await People(service).add("hanako")
    transport = httpx.ASGITransport(app=create_app(settings, service), client=("127.0.0.1", 9))
    signing = {"name": "hanako", "password": PASSWORD}
    forwarded = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "chat.example",
        "Origin": "https://chat.example",
    }
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        response = await client.post("/jimae/session", json=signing, headers=forwarded)
        assert "Secure" in response.headers["set-cookie"]
        token = response.headers["set-cookie"].split("=")[1].split(";")[0]
        cookie = {"Cookie": f"jimae_session={token}"}
        listed = await client.get("/jimae/me/sessions", headers=cookie)
        assert "192.0.2.7" in [row["address"] for row in listed.json()["data"]]
    await service.close()
