"""How directories are, for administrators; and the records of whom they did not let in."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import SERVER, Caller
from jimae.service.directories.person import Person
from jimae.store.directory_tables import Directory
from jimae.store.store import Store

T = TypeVar("T")

# What is wrong with a directory, or with how the settings describe it; not with a person.
FAILURES: Final = frozenset(
    (
        "directory_unreachable",
        "directory_answer",
        "directory_host",
        "directory_credentials",
        "directory_changed",
        "id_token_invalid",
    )
)


class Health:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def noted(self, directory: str, asked: Awaitable[T]) -> T:
        """What was asked for; whether a directory could be asked is remembered."""
        try:
            return await asked
        except JimaeError as error:
            if error.code in FAILURES:
                await self._store.write(partial(failed, name=directory, code=error.code))
            raise

    async def refused(self, directory: str, person: Person | None, code: str, address: str) -> None:
        """Record that somebody was not let in."""
        nobody = Caller(id="anonymous", name="", via="session", address=address)
        details = {"directory": directory, "why": code}
        if person is not None:
            details["name"] = person.name

        def refuse(session: Session) -> None:
            note(session, nobody, "session.refuse", outcome="refused", details=details)

        await self._store.write(refuse)


def row_of(session: Session, name: str) -> Directory:
    """What is known of a directory; nothing yet, if it was never asked."""
    row = session.get(Directory, name)
    if row is None:
        row = Directory(id=name, owner=SERVER.id, created_at=time.time(), kind="", identity="")
        session.add(row)
    return row


def failed(session: Session, name: str, code: str) -> None:
    row = row_of(session, name)
    row.checked_at, row.failure = time.time(), code


def answered(session: Session, name: str) -> Directory:
    row = row_of(session, name)
    row.checked_at, row.failure = time.time(), None
    return row
