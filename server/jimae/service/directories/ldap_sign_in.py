"""Signing in with a password that an LDAP server knows, and losing access when it says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts.names import folded
from jimae.service.directories import provisioning
from jimae.service.directories.health import Health
from jimae.service.directories.ldap import LdapDirectory
from jimae.service.directories.person import Person
from jimae.service.directories.threads import Threads
from jimae.settings.directories import LdapSettings
from jimae.store.account_tables import Account
from jimae.store.store import Store

T = TypeVar("T")

# Connecting, binding twice, searching twice: each takes at most its timeout.
STEPS: Final = 5
# One look for somebody is a search or two.
TOGETHER: Final = 50


class LdapSignIn:
    """The LDAP servers of the settings. Making it connects to nothing; raises `ldap_missing`."""

    def __init__(self, settings: Mapping[str, LdapSettings], store: Store, health: Health) -> None:
        self._store = store
        self._health = health
        self.directories = {name: LdapDirectory(name, own) for name, own in settings.items()}
        self._threads = Threads()

    async def check(self, name: str, password: str) -> str | None:
        """The id of the account of who has this name and password in a directory, made or
        brought up to date; None for strangers and wrong passwords.

        Raises what `provisioning.vouch` raises, and `directory_unreachable` and its like if
        somebody may be known to a directory that could not be asked.
        """
        if not self.directories:
            return None
        source = await self._store.read(partial(_source_of, name=name))
        unasked: JimaeError | None = None
        for directory in self.directories.values():
            # A password of this server, or of another directory, is none of its business.
            if source is not None and source != directory.name:
                continue
            try:
                person = await self.ask(directory, partial(directory.sign_in, name, password))
            except JimaeError as error:
                unasked = error
                continue
            if person is not None:
                return await self._let_in(directory, person)
        if unasked is not None:
            raise unasked
        return None

    async def recheck(self, directory: LdapDirectory) -> int:
        """Look for everybody who came in by a directory; returns how many lost access.

        Nobody does while it cannot be asked.
        """
        wanted = await self._store.read(partial(_accounts_of, source=directory.name))
        ids = list(wanted)
        gone = 0
        for start in range(0, len(ids), TOGETHER):
            some = ids[start : start + TOGETHER]
            found = await self.ask(directory, partial(directory.still, some), len(some))
            for external_id, person in found.items():
                look = partial(_looked_for, directory, wanted[external_id], person)
                gone += await self._health.noted(directory.name, self._store.write(look))
        return gone

    async def ask(self, directory: LdapDirectory, question: Callable[[], T], people: int = 1) -> T:
        """The answer of a thread to a question about so many people. Whoever waits for
        longer than that may take gets none."""
        limit = directory.settings.timeout_seconds * (STEPS + people)

        async def answer() -> T:
            try:
                return await self._threads.run(question, limit)
            except TimeoutError:
                raise JimaeError("directory_unreachable", directory=directory.name) from None

        return await self._health.noted(directory.name, answer())

    async def _let_in(self, directory: LdapDirectory, person: Person) -> str:
        try:
            vouched = self._store.write(partial(_vouched, directory=directory, person=person))
            return await self._health.noted(directory.name, vouched)
        except JimaeError as error:
            await self._health.refused(directory.name, person, error.code, "")
            raise


def _vouched(session: Session, directory: LdapDirectory, person: Person) -> str:
    return provisioning.vouch(session, person, directory.settings)


def _looked_for(
    directory: LdapDirectory, account_id: str, person: Person | None, session: Session
) -> bool:
    """Take access away from who is gone, and say so; others are brought up to date."""
    why = "gone or disabled"
    if person is not None:
        try:
            _vouched(session, directory, person)
        except JimaeError as error:
            if error.code != "directory_not_allowed":
                raise
            why = "in no group that may come in"
        else:
            return False
    return provisioning.disable(session, directory.name, account_id, why)


def _source_of(session: Session, name: str) -> str | None:
    return session.scalar(select(Account.source).where(Account.name == folded(name)))


def _accounts_of(session: Session, source: str) -> dict[str, str]:
    """Accounts by the ids that a directory knows them by; without those kept out already."""
    rows = session.execute(
        select(Account.external_id, Account.id).where(
            Account.source == source,
            Account.external_id.is_not(None),
            Account.disabled_at.is_(None),
        )
    )
    return {external_id: account_id for external_id, account_id in rows if external_id}
