"""`jimae directory`, with a real LDAP server and what is none."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fakes import oidc
from fakes.process import jimae
from fakes.slapd import BASE, READER, READER_PASSWORD, Slapd, slapd

SETTINGS = """
[server]
public_url = "https://ai.example.jp"

[ldap.house]
url = "{url}"
ca_file = "{ca}"
bind_dn = "{reader}"
bind_password = "{password}"
base = "ou=people,{base}"
groups_base = "ou=groups,{base}"
groups = {{ "総務部" = "総務" }}

[oidc.web]
issuer = "{issuer}"
client_id = "jimae"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


def write(folder: Path, server: Slapd, issuer: str, password: str = READER_PASSWORD) -> None:
    text = SETTINGS.format(
        url=server.url, ca=server.tls.ca, reader=READER, password=password, base=BASE, issuer=issuer
    )
    (folder / "jimae.toml").write_text(text)


def test_an_ldap_server_is_tried(tmp_path: Path, server: Slapd) -> None:
    write(tmp_path, server, "http://127.0.0.1:9")

    code, said = jimae(
        "directory", "test", "house", "sakura", data_dir=tmp_path, language="C.UTF-8"
    )

    assert code == 0, said
    assert "総務部 -> 総務" in said
    assert READER_PASSWORD not in said
    code, said = jimae(
        "directory", "test", "house", "nobody", data_dir=tmp_path, language="C.UTF-8"
    )
    assert code == 1
    assert "nobody" in said


def test_it_says_what_fails(tmp_path: Path, server: Slapd) -> None:
    write(tmp_path, server, "http://127.0.0.1:9", password="wrong")

    code, said = jimae("directory", "test", "house", data_dir=tmp_path, language="C.UTF-8")
    assert code == 1
    assert "✓ the connection and its certificate" in said
    assert "× the account that looks people up" in said
    assert "bind_password" in said

    code, said = jimae("directory", "test", "web", data_dir=tmp_path, language="C.UTF-8")
    assert code == 1
    assert "× what it says of itself" in said
    assert "ConnectError" in said

    code, said = jimae("directory", "test", "none", data_dir=tmp_path, language="C.UTF-8")
    assert code == 1
    assert "web, house" in said


def test_a_provider_is_tried(tmp_path: Path, server: Slapd) -> None:
    with oidc.provider("https://ai.example.jp/back") as provider:
        write(tmp_path, server, provider.issuer)

        code, said = jimae("directory", "test", "web", data_dir=tmp_path, language="C.UTF-8")

    assert code == 0, said
    assert "RSA key-1" in said
    assert "https://ai.example.jp/jimae/session/providers/web/callback" in said


def test_an_account_is_joined(tmp_path: Path, server: Slapd) -> None:
    write(tmp_path, server, "http://127.0.0.1:9")
    password = "とても長い合言葉-staple"  # noqa: S105
    made = ("--password-stdin", "--role", "admin")
    here = partial(jimae, data_dir=tmp_path, language="C.UTF-8")
    assert here("users", "add", "sakura", *made, typed=password)[0] == 0

    code, said = here("directory", "link", "sakura", "house")
    assert code == 1, "somebody has to come in while the directory is down"
    assert here("users", "add", "admin", *made, typed=password)[0] == 0
    code, said = here("directory", "link", "sakura", "house")
    assert (code, said) == (0, "sakura signs in with house now.\n")
    code, said = here("directory", "link", "admin", "web")
    assert code == 2
    assert here("directory", "accept", "house")[0] == 0
