"""From the groups of a directory to the groups and the role here."""

from __future__ import annotations

from typing import Any

import pytest

from jimae.errors import JimaeError
from jimae.service.directories.mapping import mapped
from jimae.service.directories.person import Person
from jimae.settings.directories import OidcSettings


def rules(**changed: Any) -> OidcSettings:
    return OidcSettings(issuer="https://login.example.jp", client_id="jimae", **changed)


def person(*groups: str) -> Person:
    return Person("house", "1", "sakura", groups=groups)


def test_nothing_is_decided_without_rules() -> None:
    found = mapped(person("a", "b"), rules())

    assert (found.groups, found.named, found.role) == (frozenset(), frozenset(), None)


def test_named_groups() -> None:
    own = rules(groups={"CN=Soumu": "総務部", "keiri": "経理部"})

    found = mapped(person("cn=soumu", "others"), own)

    assert found.groups == {"総務部"}
    assert found.named == {"総務部", "経理部"}


def test_all_groups() -> None:
    found = mapped(person("soumu", "others"), rules(groups={"soumu": "総務部"}, all_groups=True))

    assert found.groups == {"総務部", "others"}
    assert found.named == {"総務部"}


@pytest.mark.parametrize(
    ("groups", "role"),
    [((), "user"), (("m",), "manager"), (("m", "A"), "admin"), (("m", "r"), "auditor")],
)
def test_the_most_powerful_role(groups: tuple[str, ...], role: str) -> None:
    own = rules(roles={"m": "manager", "a": "admin", "r": "auditor"})

    assert mapped(person(*groups), own).role == role


def test_who_may_come_in() -> None:
    own = rules(allow=("AI-users",))

    assert mapped(person("ai-users"), own)
    with pytest.raises(JimaeError) as caught:
        mapped(person("ai-user"), own)
    assert caught.value.code == "directory_not_allowed"
