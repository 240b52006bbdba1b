"""Settings of directories: what cannot be meant stops the start, and no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from jimae.errors import JimaeError
from jimae.settings import Settings, load

OIDC = 'issuer = "https://login.example.jp"\nclient_id = "a"\nclient_secret = "planted-canary"\n'
LDAP = 'url = "ldaps://dc"\nbase = "dc=x"\nbind_dn = "cn=a"\nbind_password = "planted-canary"\n'


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "jimae.toml"
    path.write_text(text)
    return load(file=path, environ={})


def test_what_is_usual(tmp_path: Path) -> None:
    found = read(tmp_path, f"[oidc.web]\n{OIDC}[ldap.house]\n{LDAP}[scim]\ndirectory = 'web'\n")

    assert found.oidc["web"].scopes == ("openid", "profile", "email")
    assert found.ldap["house"].user_filter == "(&(objectClass=person)(uid={name}))"
    assert "planted-canary" not in repr(found)


def test_what_is_usual_in_active_directory(tmp_path: Path) -> None:
    text = f'[ldap.ad]\n{LDAP}active_directory = true\nname_attribute = "userPrincipalName"\n'

    found = read(tmp_path, text).ldap["ad"]

    assert (found.id_attribute, found.name_attribute) == ("objectGUID", "userPrincipalName")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"[oidc.local]\n{OIDC}", "another name"),
        (f"[oidc.x]\n{OIDC}[ldap.x]\n{LDAP}", "another name"),
        (f"[oidc.X]\n{OIDC}", "pattern"),
        (f'[oidc.x]\n{OIDC}hosts = ["a:b"]\n', "hosts"),
        (f'[oidc.x]\n{OIDC}hosts = ["https://a"]\n', "hosts"),
        (OIDC.replace("example.jp", "example.jp:x").join(("[oidc.x]\n", "")), "oidc.x"),
        (LDAP.replace("ldaps://dc", "ldaps://dc:x").join(("[ldap.x]\n", "")), "ldap.x"),
        (f'[oidc.x]\n{OIDC}client_secret_file = "x"\n', "not both|どちらか一方だけ"),
        (f'[oidc.x]\n{OIDC}scopes = ["profile"]\n', "openid"),
        (f'[oidc.x]\n{OIDC}algorithms = ["HS256"]\n', "HS256"),
        (f'[oidc.x]\n{OIDC}algorithms = ["none"]\n', "none"),
        (f'[oidc.x]\n{OIDC}roles = {{ a = "root" }}\n', "root"),
        (OIDC.replace("https:", "http:").join(("[oidc.x]\n", "")), "https://"),
        ('[oidc.x]\nclient_id = "a"\nclient_secret = "planted-canary"\n', "oidc.x.issuer"),
        (f"[oidc.x]\n{OIDC}secret = 1\n", "client_secret"),
        ("[oidc.x]\nissuer = 'https://x'\nclient_id = 'a'\nclient_secret = 5\n", "client_secret"),
        (
            f'[ldap.x]\n{LDAP}user_dn = "uid={{name}}"\n',
            "either bind_dn or user_dn|か user_dn の、どちらか",
        ),
        (LDAP.replace("ldaps:", "http:").join(("[ldap.x]\n", "")), "ldaps://host|ldaps://ホスト"),
        (f'[ldap.x]\n{LDAP}user_filter = "(uid=*)"\n', "{name}"),
        (f"[ldap.x]\n{LDAP}nested_groups = true\n", "active_directory"),
        ('[ldap.x]\nurl = "ldaps://dc"\nbase = "x"\nbind_dn = "a"\n', "bind_password"),
        ("[scim]\ndirectory = 'web'\n", "oidc.web"),
    ],
)
def test_what_cannot_be_meant(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(JimaeError) as caught:
        read(tmp_path, text)

    in_english, in_japanese = (says.split("|") * 2)[:2]
    for language, part in (("en", in_english), ("ja", in_japanese)):
        told = caught.value.message(language)  # type: ignore[arg-type]
        assert part in told
        assert "planted-canary" not in told
