"""Who has lost their access while an answer was being written for them, and what is over.

Sessions and keys end in many ways, by a command in another process too, so nothing is sent
from there: once a second one look at the database tells which of those who are being answered
now may not be any more. Nobody who is answered costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Coroutine
from functools import partial
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.accounts import attempts, sessions
from jimae.service.accounts.accounts import Accounts, any_account
from jimae.service.caller import LOCAL, SERVER, Caller
from jimae.service.runs import Runs
from jimae.store.account_tables import Account, ApiKey, SignIn
from jimae.store.store import Store

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
WRITE_SECONDS: Final = 30.0
FORGET_SECONDS: Final = 3600.0
# Nobody at the server's own terminal is signed in; the server itself never is.
UNCHECKED: Final = ("terminal", SERVER.id)


class Watch:
    """Ends the answers of those who may not ask any more, and writes down who was here."""

    def __init__(self, store: Store, runs: Runs, accounts: Accounts, idle_seconds: float) -> None:
        self._store = store
        self._runs = runs
        self._accounts = accounts
        self._idle_seconds = idle_seconds
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._often(), name="watch who is answered"),
            asyncio.create_task(self._seldom(), name="write who was here"),
        ]

    async def close(self) -> None:
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if tasks:
            await _or_later(self._accounts.presence.write())

    async def look(self) -> None:
        """Raises what the store raises."""
        callers = self._runs.callers()
        if not callers:
            return
        lost = await self._store.read(partial(lost_access, callers=callers))
        self._runs.revoke(lost)
        for caller in callers - lost:
            # Who reads an answer is not idle.
            if caller.session_id is not None:
                self._accounts.presence.seen(caller)

    async def _often(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await _or_later(self.look())

    async def _seldom(self) -> None:
        forget_at = 0.0
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await _or_later(self._accounts.presence.write())
            if time.monotonic() >= forget_at:
                forget_at = time.monotonic() + FORGET_SECONDS
                await _or_later(self._store.write(self._forget))

    def _forget(self, session: Session) -> None:
        sessions.forget_ended(session, time.time() - self._idle_seconds)
        attempts.forget_old(session)


def lost_access(session: Session, callers: Collection[Caller]) -> set[Caller]:
    """Those of the callers who would not be let in now as they were."""
    now = time.time()
    enabled = set(
        session.scalars(
            select(Account.id).where(
                Account.id.in_({caller.id for caller in callers}), Account.disabled_at.is_(None)
            )
        )
    )
    signed_in = set(
        session.scalars(
            select(SignIn.id).where(
                SignIn.id.in_({caller.session_id for caller in callers if caller.session_id}),
                SignIn.expires_at > now,
            )
        )
    )
    usable = set(
        session.scalars(
            select(ApiKey.id).where(
                ApiKey.id.in_({caller.key.id for caller in callers if caller.key}),
                ApiKey.revoked_at.is_(None),
                or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            )
        )
    )
    single = not any_account(session)

    def may(caller: Caller) -> bool:
        if caller.id in UNCHECKED:
            return True
        if caller.id == LOCAL.id:
            return single
        if caller.session_id is not None and caller.session_id not in signed_in:
            return False
        if caller.key is not None and caller.key.id not in usable:
            return False
        return caller.id in enabled

    return {caller for caller in callers if not may(caller)}


async def _or_later(work: Coroutine[Any, Any, None]) -> None:
    """The next time will do: nothing is lost by then."""
    try:
        await work
    except JimaeError as error:
        log.warning("looking after accounts has to wait: %s", error)
