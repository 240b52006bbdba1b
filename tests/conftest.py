"""What tests of several rooms share."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from fakes.backend import FakeBackend
from fakes.serving import Served, serving
from jimae.api.app import create_app
from jimae.service.service import Service
from jimae.settings import Settings, load


def write_gguf(path: Path) -> None:
    """The smallest file that passes the header check: version 3, one key, one tensor."""
    key, value, tensor = b"general.architecture", b"fake", b"token_embd.weight"
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    head += struct.pack(f"<Q{len(key)}sIQ{len(value)}s", len(key), key, 8, len(value), value)
    head += struct.pack(f"<Q{len(tensor)}sIQIQ", len(tensor), tensor, 1, 32, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + b"\0" * 128)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A server with two models, of which `fake` is the default."""
    for name in ("fake", "other"):
        write_gguf(tmp_path / "models" / f"{name}.gguf")
    return load(environ={}, overrides={"data_dir": tmp_path, "models.default": "fake"})


@dataclass
class Backends:
    """Makes the fakes of a service, and gives them to the test before they are asked for."""

    made: dict[str, FakeBackend] = field(default_factory=dict)

    def __getitem__(self, model: str) -> FakeBackend:
        return self.made.setdefault(model, FakeBackend(model))

    def make(self, model: str, *_: object) -> FakeBackend:
        return self[model]


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


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition, or fail."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  (any condition at all)
            await asyncio.sleep(0.005)


@pytest.fixture
async def small(settings: Settings, backends: Backends) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that takes bodies of at most 1 MiB."""
    server = settings.server.model_copy(update={"max_body_mb": 1.0})
    settings = settings.model_copy(update={"server": server})
    service = Service(settings, backends.make)
    transport = httpx.ASGITransport(app=create_app(settings, service))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
    await service.close()
