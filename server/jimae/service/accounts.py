"""Who there is, and who they are that come in."""

from __future__ import annotations

from jimae.service.caller import LOCAL, Caller
from jimae.store.store import Store


class Accounts:
    """The accounts of a server. Without one, everybody is the same local person."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def identify(self) -> Caller:
        """Who shows these credentials."""
        return LOCAL

    async def acting_for(self, account_id: str) -> Caller:
        """Somebody for whom the server does something while they are away."""
        return LOCAL
