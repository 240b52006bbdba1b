"""People of a real LDAP server (Debian's slapd, with TLS)."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fakes import certificates
from fakes.slapd import BASE, Slapd
from jimae.errors import JimaeError
from jimae.service.directories.ldap import LdapDirectory, filled, is_disabled
from jimae.service.directories.ldap_connection import Entry
from jimae.service.directories.person import Person
from jimae.settings.directories import LdapSettings

ANYBODY = "ou=people," + BASE
SAKURA = "uid=sakura," + ANYBODY
# What Active Directory has, as far as slapd understands it.
ACTIVE: dict[str, Any] = {
    "active_directory": True,
    "user_filter": "(|(sAMAccountName={name})(userPrincipalName={name}))",
    "groups_filter": "(member={dn})",
}


def directory(server: Slapd, **changed: Any) -> LdapDirectory:
    return LdapDirectory("house", server.settings(**changed))


def test_signing_in(server: Slapd) -> None:
    found = directory(server, all_groups=True).sign_in("sakura", "sakura-password")

    assert isinstance(found, Person)
    assert found._replace(external_id="") == Person(
        "house", "", "sakura", "山田さくら", "sakura@example.jp", ("総務部",)
    )
    assert len(found.external_id) == 36


def test_the_name_is_the_directorys(server: Slapd) -> None:
    found = directory(server).sign_in("SaKuRa", "sakura-password")

    assert found is not None
    assert found.name == "sakura"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("sakura", "taro-password"),
        ("nobody", "sakura-password"),
        ("disabled", "disabled-password"),
        ("", "sakura-password"),
        ("sakura\0", "sakura-password"),
        ("sakura", "sakura-password\0"),
        ("s" * 10_000, "sakura-password"),
    ],
)
@pytest.mark.parametrize("direct", [False, True])
def test_who_does_not_come_in(server: Slapd, name: str, password: str, direct: bool) -> None:
    assert by(server, direct).sign_in(name, password) is None


@pytest.mark.parametrize("direct", [False, True])
def test_no_password_is_not_a_password(server: Slapd, direct: bool) -> None:
    """slapd would say that all is well, as RFC 4513 has it: it binds nobody."""
    assert by(server, direct).sign_in("sakura", "") is None


def by(server: Slapd, direct: bool) -> LdapDirectory:
    if not direct:
        return directory(server)
    own = {"bind_dn": None, "bind_password": None, "user_dn": "uid={name}," + ANYBODY}
    return directory(server, **own)


INJECTED = (
    "*",
    "sakura)(uid=*",
    "*)(userPassword=*",
    "sakura)(|(uid=*",
    "sakura,ou=people",
    "sakura+cn=x",
    "\\2a",
    "sak\\75ra",
    "sakura#",
    '"sakura"',
    "{dn}",
    "{name}",
)


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("name", INJECTED)
def test_names_are_no_filters(server: Slapd, name: str, direct: bool) -> None:
    assert by(server, direct).sign_in(name, "sakura-password") is None


@given(name=st.text(max_size=40))
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_name_is_somebody_else(server: Slapd, name: str) -> None:
    found = directory(server).sign_in(name, "sakura-password")

    assert found is None or name.strip().casefold() == "sakura"


def test_a_name_with_what_filters_are_made_of(server: Slapd) -> None:
    found = directory(server, all_groups=True).sign_in("hanako", "hanako-password")

    assert found is not None
    assert (found.display_name, found.groups) == ("花子 (経理)*", ("総務部",))


def test_starttls(server: Slapd) -> None:
    own = directory(server, url=f"ldap://127.0.0.1:{server.plain_port}")

    assert own.sign_in("taro", "taro-password") is not None
    assert own.sign_in("taro", "wrong") is None


def test_without_an_account_that_looks_people_up(server: Slapd) -> None:
    found = by(server, True).sign_in("sakura", "sakura-password")

    assert found is not None
    assert (found.name, found.mail) == ("sakura", "sakura@example.jp")


def test_active_directory(server: Slapd) -> None:
    own = directory(server, all_groups=True, **ACTIVE)

    for name in ("y-sakura", "sakura@ad.example.jp"):
        found = own.sign_in(name, "sakura-password")
        assert found is not None
        assert (found.name, found.groups) == ("y-sakura", ("総務部",))
        # As its own tools show it: the first three parts are turned round.
        assert found.external_id == "04030201-0605-0807-090a-0b0c0d0e0f10"
    assert own.sign_in("disabled", "disabled-password") is None
    assert own.find("y-sakura") == found
    assert found is not None
    assert own.still([found.external_id, "01020304-0506-0708-090a-000000000000"]) == {
        found.external_id: found,
        "01020304-0506-0708-090a-000000000000": None,
    }


def test_groups_in_groups_are_asked_of_active_directory() -> None:
    own = LdapSettings(
        url="ldaps://ad.example.jp",
        active_directory=True,
        nested_groups=True,
        bind_dn="cn=reader",
        bind_password="x",  # type: ignore[arg-type]
        base="dc=x",
    )

    assert own.groups_filter == ("(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))")


def test_another_authority(server: Slapd, tmp_path: Path) -> None:
    other = certificates.make(tmp_path)

    for url in (server.url, f"ldap://127.0.0.1:{server.plain_port}"):
        with pytest.raises(JimaeError) as caught:
            directory(server, ca_file=other.ca, url=url).sign_in("sakura", "sakura-password")
        assert caught.value.code == "directory_unreachable"


def test_another_name_than_the_certificates(server: Slapd) -> None:
    with pytest.raises(JimaeError) as caught:
        directory(server, url=f"ldaps://localhost:{server.port}").find("sakura")

    assert caught.value.code == "directory_unreachable"


def test_nothing_is_said_without_tls(tmp_path: Path) -> None:
    """A server that declines STARTTLS gets no password."""
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        settings = LdapSettings(
            url=f"ldap://127.0.0.1:{port}",
            bind_dn="cn=reader",
            bind_password="planted-canary",  # type: ignore[arg-type]
            base=BASE,
            timeout_seconds=1,
        )

        def answer() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(2)
                    try:
                        heard.extend(connection.recv(4096))
                        # ExtendedResponse, protocolError: "not here".
                        connection.sendall(bytes.fromhex("300c02010178070a010204000400"))
                        heard.extend(connection.recv(4096))
                    except OSError:
                        return

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(JimaeError):
            LdapDirectory("house", settings).find("sakura")
        thread.join()
    assert b"1.3.6.1.4.1.1466.20037" in heard
    assert b"planted-canary" not in heard


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"bind_password": "wrong"}, "directory_credentials"),
        ({"bind_password": " "}, "directory_credentials"),
        ({"base": "ou=nowhere," + BASE}, "directory_answer"),
        ({"user_filter": "(uid={name}"}, "directory_answer"),
        ({"id_attribute": "none"}, "directory_claim"),
        ({"name_attribute": "none"}, "directory_claim"),
    ],
)
def test_settings_that_do_not_fit(server: Slapd, changed: dict[str, Any], code: str) -> None:
    with pytest.raises(JimaeError) as caught:
        directory(server, **changed).sign_in("sakura", "sakura-password")

    assert caught.value.code == code


def test_nobody_is_gone_while_the_settings_are_wrong(server: Slapd) -> None:
    with pytest.raises(JimaeError) as caught:
        directory(server, base="ou=nowhere," + BASE).still(["x"])

    assert caught.value.code == "directory_answer"


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_a_silent_server(scheme: str, server: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(JimaeError) as caught:
            directory(server, url=url, timeout_seconds=0.5).sign_in("sakura", "sakura-password")

    assert caught.value.code == "directory_unreachable"
    assert time.monotonic() - began < 5


def test_more_groups_than_a_page(server: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jimae.service.directories.ldap_connection.PAGE", 1)

    own = directory(server, all_groups=True, groups_filter="(objectClass=groupOfNames)")

    found = own.find("sakura")
    assert found is not None
    assert set(found.groups) == {"総務部", "ai-admins"}


NEVER = 2**63 - 1


@pytest.mark.parametrize(
    ("values", "disabled"),
    [
        ({}, False),
        ({"useraccountcontrol": "512"}, False),
        ({"useraccountcontrol": "514"}, True),
        ({"useraccountcontrol": "66050"}, True),
        ({"useraccountcontrol": "none"}, False),
        ({"accountexpires": "0"}, False),
        ({"accountexpires": f"{NEVER}"}, False),
        ({"accountexpires": "116444736010000000"}, True),
        ({"accountexpires": "133000000000000000"}, False),
        ({"nsaccountlock": "TRUE"}, True),
        ({"nsaccountlock": "false"}, False),
        ({"pwdaccountlockedtime": "000001010000Z"}, True),
        ({"pwdaccountlockedtime": "20261123000000Z"}, False),
    ],
)
def test_who_is_disabled(values: dict[str, str], disabled: bool) -> None:
    entry = Entry("cn=x", {name: [value.encode()] for name, value in values.items()})

    assert is_disabled(entry, now=100.0) is disabled


def test_a_value_is_not_a_template() -> None:
    assert filled("{name}{dn}{x}", {"name": "{dn}", "dn": "{name}"}) == "{dn}{name}{x}"
