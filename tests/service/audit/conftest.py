"""A store on each kind of database, and what tests of the audit log say of people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from jimae.settings import Settings
from jimae.store.store import Store


@pytest.fixture
async def store(stored: Settings) -> AsyncIterator[Store]:
    store = Store(stored)
    await store.open()
    yield store
    await store.close()
