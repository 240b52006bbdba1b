"""Everything outside that knows people, as far as the settings name it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from jimae.errors import JimaeError
from jimae.service.directories.health import Health
from jimae.service.directories.ldap import LdapDirectory
from jimae.service.directories.ldap_sign_in import LdapSignIn
from jimae.service.directories.oidc_sign_in import OidcSignIn
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
        self.oidc = OidcSignIn(settings.oidc, store, health)
        self.ldap = LdapSignIn(settings.ldap, store, health)
        self._tasks: list[asyncio.Task[None]] = []

    def shown(self) -> Sequence[Shown]:
        """In the order of the settings."""
        return [
            Shown(name, provider.settings.title or name)
            for name, provider in self.oidc.providers.items()
        ]

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
