"""Failures to sign in, and how long the next try has to wait.

Counted for each name that was tried, whether there is one or not, so that waiting tells
nothing; and for each address. An attempt counts as failed from its beginning, so that many at
once are not more than one after the other; what succeeds is taken back.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from jimae.service.caller import SERVER
from jimae.store.account_tables import Attempts

LONGEST_WAIT: Final = 300.0
FORGOTTEN_AFTER: Final = 3600.0


class Patience(NamedTuple):
    """Failures that cost nothing; each one more doubles the seconds to wait, from four on."""

    free: int

    def wait(self, failures: int) -> float:
        beyond = failures - self.free
        return 0.0 if beyond <= 0 else min(LONGEST_WAIT, 2.0 ** min(beyond + 1, 20))


NAME: Final = Patience(free=5)
# A whole office may come from one address.
ADDRESS: Final = Patience(free=50)


def begin(session: Session, name: str, address: str) -> float:
    """Count one attempt; returns the seconds to wait if it may not be made now, else 0."""
    now = time.time()
    # Always in the same order: two attempts cannot wait for each other.
    rows = [(_row(session, which, now), patience) for which, patience in _both(name, address)]
    for row, patience in rows:
        # Since the clock was set back, it may say more than anybody was ever told to wait.
        row.locked_until = min(row.locked_until, now + patience.wait(row.failures))
    longest = max(row.locked_until - now for row, _ in rows)
    if longest > 0:
        return longest
    for row, patience in rows:
        row.failures += 1
        row.failed_at = now
        row.locked_until = now + patience.wait(row.failures)
    session.flush()
    return 0.0


def succeeded(session: Session, name: str, address: str) -> None:
    """Take the attempt back: the name is free of failures, and the address of this one."""
    now = time.time()
    by_name, by_address = (which for which, _ in _both(name, address))
    session.execute(delete(Attempts).where(Attempts.id == by_name))
    row = _row(session, by_address, now)
    row.failures = max(0, row.failures - 1)
    row.locked_until = 0.0
    session.flush()


def clear(session: Session, name: str) -> bool:
    """Let somebody try again at once; False if nothing had failed."""
    cleared = delete(Attempts).where(Attempts.id == _named(name)).returning(Attempts.id)
    return session.scalar(cleared) is not None


def locked(session: Session, names: Iterable[str]) -> dict[str, float]:
    """Until when those of these names who failed too often have to wait."""
    by_id = {_named(name): name for name in names}
    waiting = select(Attempts.id, Attempts.locked_until).where(
        Attempts.id.in_(by_id), Attempts.locked_until > time.time()
    )
    return {by_id[which]: until for which, until in session.execute(waiting)}


def forget_old(session: Session) -> None:
    old = Attempts.failed_at < time.time() - FORGOTTEN_AFTER
    session.execute(delete(Attempts).where(old))


def _both(name: str, address: str) -> tuple[tuple[str, Patience], tuple[str, Patience]]:
    return (_named(name), NAME), (_digest("address", address), ADDRESS)


def _named(name: str) -> str:
    return _digest("name", name)


def _digest(kind: str, value: str) -> str:
    # Whatever was typed: somebody's password now and then, so it is not kept as it is.
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def _row(session: Session, which: str, now: float) -> Attempts:
    """Locked until the end of the transaction, and without what was long ago."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {
        "id": which,
        "owner": SERVER.id,
        "created_at": now,
        "failures": 0,
        "failed_at": now,
        "locked_until": 0.0,
    }
    session.execute(insert(Attempts).values(fresh).on_conflict_do_nothing())
    row = session.get_one(Attempts, which, with_for_update=True)
    if row.failed_at < now - FORGOTTEN_AFTER:
        row.failures = 0
    return row
