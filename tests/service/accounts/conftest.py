"""A service on each kind of database, with people."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fakes.backend import Backends
from fakes.people import People
from jimae.service.service import Service
from jimae.settings import Settings


@pytest.fixture
async def both(stored: Settings, backends: Backends) -> AsyncIterator[Service]:
    """A started service: tests that ask for it run on both databases."""
    service = Service(stored, backends.make)
    await service.start()
    yield service
    await service.close()


@pytest.fixture
def people(both: Service) -> People:
    return People(both)
