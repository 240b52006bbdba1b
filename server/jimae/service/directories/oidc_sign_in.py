"""Signing in at a provider, from the page and back: with an account at the end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.directories import provisioning
from jimae.service.directories.health import Health
from jimae.service.directories.person import Person
from jimae.settings.directories import OidcSettings
from jimae.store.store import Store

if TYPE_CHECKING:
    from jimae.service.directories.oidc import Provider


class OidcSignIn:
    """The providers of the settings. Making it connects to nothing."""

    def __init__(self, settings: Mapping[str, OidcSettings], store: Store, health: Health) -> None:
        self._store = store
        self._health = health
        self.providers = _providers(settings) if settings else {}

    def provider(self, name: str) -> Provider:
        """Raises `directory_unknown`."""
        found = self.providers.get(name)
        if found is None:
            known = ", ".join(self.providers) or "-"
            raise JimaeError("directory_unknown", name=name[:100], known=known)
        return found

    async def begin(self, name: str, callback: str) -> tuple[str, str]:
        """Where to send a browser that wants to sign in, and the cookie to give it."""
        return await self._health.noted(name, self.provider(name).begin(callback))

    async def end(
        self, name: str, callback: str, query: Mapping[str, str], cookie: str | None, address: str
    ) -> str:
        """The id of the account of who came back from a provider.

        Raises what `Provider.end` and `provisioning.vouch` raise, and records it.
        """
        provider = self.provider(name)
        person: Person | None = None
        try:
            found, attempt = await self._health.noted(name, provider.end(callback, query, cookie))
            person = found
            let_in = partial(_let_in, person=found, provider=provider, state=attempt.state)
            return await self._health.noted(name, self._store.write(let_in))
        except JimaeError as error:
            await self._health.refused(name, person, error.code, address)
            raise


def _providers(settings: Mapping[str, OidcSettings]) -> dict[str, Provider]:
    # Here: Authlib takes a third of a second to load, and most servers have no provider.
    from jimae.service.directories.oidc import Provider

    return {name: Provider(name, own) for name, own in settings.items()}


def _let_in(session: Session, person: Person, provider: Provider, state: str) -> str:
    settings = provider.settings
    account_id = provisioning.vouch(session, person, settings)
    provisioning.spend(session, state, account_id)
    return account_id
