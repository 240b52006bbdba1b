"""Directories are asked when somebody signs in, and not before."""

from __future__ import annotations

import asyncio

import pytest

from jimae.errors import JimaeError
from jimae.service.directories.directories import Directories
from jimae.service.directories.ldap_connection import library
from jimae.settings import Settings
from jimae.settings.directories import LdapSettings, OidcSettings
from jimae.store.store import Store


async def test_nothing_is_connected_to_before_somebody_signs_in(settings: Settings) -> None:
    connections: list[object] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(reader)
        writer.close()

    listener = await asyncio.start_server(count, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    told = settings.model_copy(
        update={
            "oidc": {"web": OidcSettings(issuer=f"http://127.0.0.1:{port}", client_id="jimae")},
            "ldap": {
                "house": LdapSettings(
                    url=f"ldaps://127.0.0.1:{port}",
                    bind_dn="cn=reader",
                    bind_password="x",  # type: ignore[arg-type]
                    base="dc=x",
                    recheck_minutes=0.0005,
                    title="家",
                )
            },
        }
    )
    store = Store(told)
    await store.open()
    async with listener:
        directories = Directories(told, store)
        directories.start()
        # Nobody came in yet, so nobody is looked for.
        await asyncio.sleep(0.2)
        await directories.close()

    await store.close()
    assert connections == []
    assert directories.shown() == [("web", "web")]


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ldap", None)

    with pytest.raises(JimaeError, match=r"jimae\[ldap\].*") as caught:
        library("house")

    assert caught.value.code == "ldap_missing"
    assert "libldap-dev" in str(caught.value)
