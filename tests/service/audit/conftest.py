"""A store on each kind of database, and an audit log over it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from jimae.service.audit.audit import Audit
from jimae.settings import Settings
from jimae.store.store import Store


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def audit(store: Store, stored: Settings) -> Audit:
    """Not watched: nothing happens in it by itself."""
    audit = Audit(stored, store)
    await audit.open()
    return audit
