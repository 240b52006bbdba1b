"""A store with people in it, and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from fakes.people import account, group, key
from jimae.service.caller import Caller
from jimae.service.limits import book
from jimae.service.limits.limits import Limits
from jimae.service.limits.rules import Rules, Subject
from jimae.settings import Settings
from jimae.store.store import Store

ADMIN = Caller(id="acc_admin", name="admin", role="admin", via="session")


class Clock:
    """Unix seconds, as a test says. It begins on Monday 2026-11-23, at noon in Tokyo."""

    def __init__(self) -> None:
        self.now = datetime.fromisoformat("2026-11-23T12:00:00+09:00").timestamp()

    def __call__(self) -> float:
        return self.now

    def set(self, text: str) -> None:
        self.now = datetime.fromisoformat(text).timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    """Two people in one group, one of them with a key."""
    store = Store(stored)
    await store.open()

    def fill(session: Session) -> None:
        session.add_all([account("acc_a", "yamada"), account("acc_b", "suzuki")])
        session.add(group("grp_1", "総務課"))
        session.flush()
        session.add(key("key_1", "acc_a", "script"))

    await store.write(fill)
    yield store
    await store.close()


@pytest.fixture
async def limits(store: Store, clock: Clock) -> Limits:
    limits = Limits(store, "Asia/Tokyo", clock)
    await limits.open()
    return limits


Put = Callable[..., object]


@pytest.fixture
def put(store: Store) -> Put:
    """Set the limits of a subject."""

    async def put(subject: Subject, **rules: object) -> None:
        await store.write(
            lambda session: book.put(session, ADMIN, subject, Rules(**rules))  # type: ignore[arg-type]
        )

    return put
