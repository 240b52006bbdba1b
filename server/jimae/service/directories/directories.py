"""Everything outside that knows people, as far as the settings name it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import Outcome, note
from jimae.service.caller import Caller
from jimae.service.directories import provisioning
from jimae.service.directories.health import FAILURES, Health, answered, failed
from jimae.service.directories.ldap import LdapDirectory
from jimae.service.directories.ldap_sign_in import LdapSignIn
from jimae.service.directories.mapping import Rules
from jimae.service.directories.oidc_sign_in import OidcSignIn
from jimae.service.directories.provisioning import Kind
from jimae.service.directories.trial import Step, try_ldap, try_provider
from jimae.settings import Settings
from jimae.store.store import Store

log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """A provider, as the page offers it."""

    id: str
    name: str


class Directories:
    """Making it connects to nothing. Raises `ldap_missing` and `settings_file`."""

    def __init__(self, settings: Settings, store: Store) -> None:
        health = Health(store)
        self._store = store
        self.oidc = OidcSignIn(settings.oidc, store, health)
        self.ldap = LdapSignIn(settings.ldap, store, health)
        self._tasks: list[asyncio.Task[None]] = []

    def shown(self) -> Sequence[Shown]:
        """In the order of the settings."""
        return [
            Shown(name, provider.settings.title or name)
            for name, provider in self.oidc.providers.items()
        ]

    async def tried(self, caller: Caller, name: str, person: str | None = None) -> list[Step]:
        """What trying a directory step by step shows, with the settings that this server began
        with; nothing of it is remembered from before. Of LDAP, `person` is looked for by their
        name. It is recorded, and administrators see how the directory is now.

        Raises `directory_unknown`.
        """
        rules = self._rules(name)
        kind: Kind = "oidc" if name in self.oidc.providers else "ldap"
        means = provisioning.identity(rules)
        steps = [await self._same(name, kind, means), *await self._steps(name, person)]
        error = steps[-1].error or steps[0].error
        details = {"steps": [step.what for step in steps], "person": person}
        if error is not None:
            details["why"] = error.code

        def record(session: Session) -> None:
            if error is None:
                answered(session, name)
            elif error.code in FAILURES:
                failed(session, name, error.code)
            outcome: Outcome = "done" if error is None else "failed"
            note(session, caller, "directory.test", target=name, outcome=outcome, details=details)

        await self._store.write(record)
        return steps

    def start(self) -> None:
        """Look again and again for those who came in by LDAP."""
        for directory in self.ldap.directories.values():
            if directory.can_look_up and directory.settings.recheck_minutes > 0:
                self._tasks.append(asyncio.create_task(self._keep_looking(directory)))

    async def close(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _rules(self, name: str) -> Rules:
        every: dict[str, Rules] = {
            **{id_: provider.settings for id_, provider in self.oidc.providers.items()},
            **{id_: directory.settings for id_, directory in self.ldap.directories.items()},
        }
        if name not in every:
            known = ", ".join(every) or "-"
            raise JimaeError("directory_unknown", name=name[:100], known=known)
        return every[name]

    async def _same(self, name: str, kind: Kind, means: str) -> Step:
        """Whether accounts were made with this very directory."""
        check = partial(provisioning.check_same, name=name, kind=kind, means=means)
        try:
            await self._store.read(check)
        except JimaeError as error:
            return Step("same", means, error)
        return Step("same", means)

    async def _steps(self, name: str, person: str | None) -> list[Step]:
        if (provider := self.oidc.providers.get(name)) is not None:
            return [step async for step in try_provider(provider.anew())]
        directory = self.ldap.directories[name]
        try:
            return await self.ldap.ask(directory, lambda: list(try_ldap(directory, person)))
        except JimaeError as error:  # it took too long
            return [Step("connect", directory.settings.url, error)]

    async def _keep_looking(self, directory: LdapDirectory) -> None:
        while True:
            await asyncio.sleep(directory.settings.recheck_minutes * 60)
            try:
                gone = await self.ldap.recheck(directory)
            except JimaeError as error:
                log.warning("directory %s: nobody was looked for: %s", directory.name, error.code)
            except Exception:
                log.exception("directory %s: nobody was looked for", directory.name)
            else:
                if gone:
                    log.warning("directory %s: %d people lost access", directory.name, gone)
