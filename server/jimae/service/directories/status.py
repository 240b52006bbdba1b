"""What administrators see of the directories."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jimae.store.account_tables import Account
from jimae.store.directory_tables import Directory


class State(NamedTuple):
    """How many people came in by a directory, and how asking it went last."""

    accounts: int
    checked_at: float | None
    failure: str | None


def states(session: Session) -> dict[str, State]:
    """By the names of directories that were asked before."""
    counted = select(Account.source, func.count()).group_by(Account.source)
    accounts: dict[str, int] = dict(row for row in session.execute(counted))
    return {
        row.id: State(accounts.get(row.id, 0), row.checked_at, row.failure)
        for row in session.scalars(select(Directory))
    }
