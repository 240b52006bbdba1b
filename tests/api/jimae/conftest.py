"""A server on each kind of database, and a reader of its chats."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.jimae.chatting import Chatter
from fakes.backend import Backends
from fakes.serving import Served, serving
from jimae.service.service import Service
from jimae.settings import Settings


@pytest.fixture
async def on_both(stored: Settings, backends: Backends) -> AsyncIterator[Served]:
    async with serving(stored, Service(stored, backends.make)) as served:
        yield served


@pytest.fixture
async def chatter(on_both: Served) -> AsyncIterator[Chatter]:
    async with Chatter(on_both.url) as chatter:
        yield chatter
