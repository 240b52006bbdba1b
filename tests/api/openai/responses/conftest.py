"""A real server on each kind of database, and the official client of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import openai
import pytest

from fakes.backend import Backends
from fakes.serving import Served, serving
from jimae.service.service import Service
from jimae.settings import Settings


@pytest.fixture
async def served(stored: Settings, backends: Backends) -> AsyncIterator[Served]:
    async with serving(stored, Service(stored, backends.make)) as served:
        yield served


@pytest.fixture
async def api(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    # Not through a proxy that the environment may name.
    http = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{served.url}/v1", api_key="unused", max_retries=0, http_client=http
    ) as client:
        yield client
