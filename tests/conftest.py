"""What tests of several rooms share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from fakes.backend import Backends, FakeBackend
from fakes.files import write_gguf
from fakes.postgresql import Cluster, cluster
from fakes.serving import Served, serving
from jimae.api.app import create_app
from jimae.service.service import Service
from jimae.settings import DatabaseSettings, Settings, load


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server with two models, of which `fake` is the default."""
    for name in ("fake", "other"):
        write_gguf(tmp_path / "models" / f"{name}.gguf")
    return load(environ={}, overrides={"data_dir": tmp_path, "models.default": "fake"})


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A real PostgreSQL, started when the first test asks for it."""
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The settings with each kind of database, empty: tests of what is stored run on both."""
    if request.param == "sqlite":
        return settings
    running: Cluster = request.getfixturevalue("postgresql")
    database = DatabaseSettings(url=SecretStr(running.create()))
    return settings.model_copy(update={"database": database})


@pytest.fixture
def backends() -> Backends:
    return Backends()


@pytest.fixture
def backend(backends: Backends) -> FakeBackend:
    """The default model."""
    return backends["fake"]


@pytest.fixture
async def service(settings: Settings, backends: Backends) -> AsyncIterator[Service]:
    service = Service(settings, backends.make)
    await service.start()
    yield service
    await service.close()


@pytest.fixture
async def client(settings: Settings, service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls the application directly. It cannot leave early: see `served`."""
    transport = httpx.ASGITransport(app=create_app(settings, service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.fixture
async def served(settings: Settings, backends: Backends) -> AsyncIterator[Served]:
    async with serving(settings, Service(settings, backends.make)) as served:
        yield served


@pytest.fixture
async def small(settings: Settings, backends: Backends) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that takes bodies of at most 1 MiB."""
    server = settings.server.model_copy(update={"max_body_mb": 1.0})
    settings = settings.model_copy(update={"server": server})
    service = Service(settings, backends.make)
    await service.start()
    transport = httpx.ASGITransport(app=create_app(settings, service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
    await service.close()
