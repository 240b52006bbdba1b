"""What tests of several rooms share."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import argon2
import certifi
import httpx
import hypothesis
import pytest
from pydantic import SecretStr

from fakes import adapters
from fakes.backend import Backends, FakeBackend
from fakes.files import write_gguf
from fakes.postgresql import Cluster, cluster
from fakes.serving import Served, serving
from jimae.api.app import create_app
from jimae.service.accounts import passwords
from jimae.service.service import Service
from jimae.settings import DatabaseSettings, Settings, load
from jimae.store import migrate
from jimae.store.database import FILE_NAME, url_of

MEMORY: Final = Path("/dev/shm")  # noqa: S108
MEMORY_NEEDED: Final = 8 << 30

adapters.share()
# What an example takes says how busy the machine is.
hypothesis.settings.register_profile("tests", hypothesis.settings(deadline=None))
hypothesis.settings.load_profile("tests")


def pytest_configure() -> None:
    """What tests write goes into memory where there is room: every commit waits some
    milliseconds for a disk, and no test takes the power away.

    A shell's background jobs ignore Ctrl+C, and so would every command that a test interrupts.
    Readline tells the processes that pytest starts of a terminal that they do not have.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if MEMORY.is_dir():
        there = os.statvfs(MEMORY)
        if there.f_bavail * there.f_frsize >= MEMORY_NEEDED and not there.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not go through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each client of httpx reads the certificates of all authorities there are, which takes longer
    than most tests; and none of them vouches for anything here."""
    end = "-----END CERTIFICATE-----"
    first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end
    file = tmp_path_factory.mktemp("authority") / "one.pem"
    file.write_text(first, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(file))
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Servers in this process hash passwords with little work. It is more than that of the hashes
    of `fakes.people`, which are renewed at the first sign-in as old ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", argon2.PasswordHasher(2, 8, 1))
        yield


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    """A server with two models, of which `fake` is the default, and without a database."""
    for name in ("fake", "other"):
        write_gguf(tmp_path / "models" / f"{name}.gguf")
    return load(environ={}, overrides={"data_dir": tmp_path, "models.default": "fake"})


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with every table and no row."""
    folder = tmp_path_factory.mktemp("empty")
    migrate.upgrade(url_of(load(environ={}, overrides={"data_dir": folder})))
    assert [file.name for file in folder.iterdir()] == [FILE_NAME]
    return folder / FILE_NAME


@pytest.fixture
def settings(bare: Settings, empty_database: Path) -> Settings:
    """The same with a database. Its tables are there already: making them takes longer than
    most tests."""
    shutil.copy(empty_database, bare.data_dir)
    return bare


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A real PostgreSQL, started when the first test asks for it."""
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def stored(bare: Settings, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """The settings with each kind of database, empty: tests of what is stored run on both."""
    if request.param == "sqlite":
        yield request.getfixturevalue("settings")
        return
    running: Cluster = request.getfixturevalue("postgresql")
    with running.migrated() as url:
        yield bare.model_copy(update={"database": DatabaseSettings(url=SecretStr(url))})


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
