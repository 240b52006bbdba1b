"""Trying a directory step by step, for who sets it up: what works, and what exactly fails.

Nobody is signed in, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from jimae.errors import JimaeError
from jimae.service.directories.ldap import LdapDirectory
from jimae.service.directories.ldap_connection import connected, told
from jimae.service.directories.mapping import Mapped, mapped
from jimae.service.directories.person import Person

if TYPE_CHECKING:
    from jimae.service.directories.oidc import Provider

What = Literal["same", "discovery", "keys", "connect", "account", "base", "person", "mapping"]


class Here(NamedTuple):
    """Somebody of a directory, and what they would be here."""

    person: Person
    mapped: Mapped


class Step(NamedTuple):
    """One thing that was tried. `facts` say what was found, or why it failed."""

    what: What
    facts: str
    error: JimaeError | None = None
    here: Here | None = None


async def try_provider(provider: Provider) -> AsyncIterator[Step]:
    """Ends with the first step that fails."""
    try:
        async with provider.client() as client:
            found = await provider.discovery(client)
            yield Step("discovery", f"{found.authorization_endpoint} {found.token_endpoint}")
            keys = await provider.keys(client, found, anew=True)
            yield Step("keys", ", ".join(f"{key.key_type} {key.kid}" for key in keys))
    except JimaeError as error:
        what: What = "discovery" if not provider.is_known else "keys"
        yield Step(what, _why(error), error)


def try_ldap(directory: LdapDirectory, person: str | None) -> Iterator[Step]:
    """Ends with the first step that fails. `person` is looked for by their name."""
    settings = directory.settings
    what: What = "connect"
    try:
        with connected(directory.name, settings):
            yield Step(what, settings.url)
        if not directory.can_look_up:
            return
        what = "account"
        directory.check_account()
        yield Step(what, settings.bind_dn or "")
        what = "base"
        directory.still([])
        yield Step(what, settings.base)
        if person is None:
            return
        what = "person"
        found = directory.find(person)
        if found is None:
            yield Step(what, person, JimaeError("user_not_found", id=person[:100]))
            return
        yield Step(what, f"{found.name}, {found.display_name}, {found.external_id}")
        what = "mapping"
        here = mapped(found, settings)
        groups = ", ".join(sorted(here.groups)) or "-"
        theirs = ", ".join(found.groups) or "-"
        facts = f"{theirs} -> {groups}; {here.role or '-'}"
        yield Step(what, facts, here=Here(found, here))
    except JimaeError as error:
        yield Step(what, _why(error), error)


def _why(error: JimaeError) -> str:
    cause = error.__cause__
    return "" if cause is None else f"{type(cause).__name__}: {_text(cause)}"


def _text(cause: BaseException) -> str:
    if isinstance(cause, Exception) and cause.args and isinstance(cause.args[0], dict):
        return told(cause)
    return str(cause)
