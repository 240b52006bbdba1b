"""When somebody was last here: kept in memory, and written for all together now and then.

A write for each request would cost each a trip to the disk, and nobody needs to know it to the
second. What a crash takes is the last half minute.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from sqlalchemy import case, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from jimae.service.caller import Caller
from jimae.store.account_tables import Account, ApiKey, SignIn
from jimae.store.store import Store

Times = dict[str, float]

# Values of one statement: databases have a limit, and a lock should be short.
TOGETHER: Final = 200


class Presence:
    """Times of the last request by the ids of sessions, keys and accounts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sessions: Times = {}
        self._keys: Times = {}
        self._accounts: Times = {}

    def seen(self, caller: Caller) -> None:
        now = time.time()
        self._accounts[caller.id] = now
        if caller.session_id is not None:
            self._sessions[caller.session_id] = now
        if caller.key is not None:
            self._keys[caller.key.id] = now

    def last_seen(self, session_id: str) -> float:
        """Since the last `write`; 0 if not."""
        return self._sessions.get(session_id, 0.0)

    async def write(self) -> None:
        """Store everything since the last time. Raises what the store raises, and keeps it
        for the next time then."""
        kept = (self._sessions, self._keys, self._accounts)
        if not any(kept):
            return
        # Copies: more may come while they are written in another thread.
        now = [dict(times) for times in kept]

        def store(session: Session) -> None:
            _set(session, SignIn.id, SignIn.seen_at, now[0])
            _set(session, ApiKey.id, ApiKey.used_at, now[1])
            _set(session, Account.id, Account.last_seen_at, now[2])

        await self._store.write(store)
        for times, written in zip(kept, now, strict=True):
            for name, at in written.items():
                if times[name] == at:
                    del times[name]


def _set(
    session: Session,
    row_id: InstrumentedAttribute[str],
    column: InstrumentedAttribute[float] | InstrumentedAttribute[float | None],
    times: Mapping[str, float],
) -> None:
    names = sorted(times)
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        at = case({name: times[name] for name in some}, value=row_id)
        session.execute(
            update(row_id.class_)
            .where(row_id.in_(some))
            .values({column.key: at})
            .execution_options(synchronize_session=False)
        )
