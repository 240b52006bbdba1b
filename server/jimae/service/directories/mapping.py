"""From the groups of a directory to the groups and the role here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from jimae.errors import JimaeError
from jimae.service.directories.person import Person
from jimae.settings.directories import LdapSettings, MappedRole, OidcSettings

Rules = OidcSettings | LdapSettings

# The most powerful first. Who reads the log should not be who can change things.
POWER: Final[tuple[MappedRole, ...]] = ("admin", "auditor", "manager", "user")


class Mapped(NamedTuple):
    """What somebody is here: in `groups`. The settings let the directory decide on those in
    `named`, besides the groups that it made itself; `role` is None where it does not decide on
    that."""

    groups: frozenset[str]
    named: frozenset[str]
    role: MappedRole | None


def mapped(person: Person, rules: Rules) -> Mapped:
    """Raises `directory_not_allowed` for somebody who is in none of the groups let in."""
    # Directories compare names of groups without case.
    theirs = {group.casefold(): group for group in person.groups}
    if rules.allow and not any(group.casefold() in theirs for group in rules.allow):
        raise JimaeError("directory_not_allowed", name=person.name, directory=person.directory)
    groups = {here for there, here in rules.groups.items() if there.casefold() in theirs}
    if rules.all_groups:
        named = {there.casefold() for there in rules.groups}
        groups |= {group for folded, group in theirs.items() if folded not in named}
    return Mapped(frozenset(groups), frozenset(rules.groups.values()), _role(theirs, rules))


def _role(theirs: Collection[str], rules: Rules) -> MappedRole | None:
    if not rules.roles:
        return None
    found = {role for there, role in rules.roles.items() if there.casefold() in theirs}
    return next((role for role in POWER if role in found), "user")
