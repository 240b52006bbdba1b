"""A real PostgreSQL for tests: Debian's package, on loopback, in a folder that goes away."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import make_url

from jimae.store.migrate import upgrade

PROGRAMS: Final = Path("/usr/lib/postgresql")
USER: Final = "jimae"
START_SECONDS: Final = 60


class Cluster:
    """A running server. `create` makes an empty schema and returns the URL of it: to a store
    it is a database of its own, and it is made and thrown away in no time. `migrated` makes a
    database with every table in it, as a copy of one that was migrated."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.password = secrets.token_hex(8)

    @property
    def url(self) -> str:
        return self._url_of("postgres")

    def create(self) -> str:
        name = _name()
        self._execute(f"CREATE SCHEMA {name}")
        return f"{self.url}?options=-csearch_path%3D{name}"

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a database that is there until the end of the block."""
        name = _name()
        # Of both ways to copy, the one that is quicker for some megabytes.
        self._execute(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY file_copy")
        try:
            yield self._url_of(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    @cached_property
    def _template(self) -> str:
        name = _name()
        self._execute(f"CREATE DATABASE {name}")
        upgrade(make_url(self._url_of(name)).set(drivername="postgresql+psycopg"))
        return name

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c fsync=off"
        log = self.folder / "log"
        self._ctl("start", "-w", "-t", str(START_SECONDS), "-l", str(log), "-o", options)

    def stop(self) -> None:
        self._ctl("stop", "-m", "immediate")

    def initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        _own(secret)
        _run(
            "initdb",
            *("-D", str(self.folder / "data"), "-U", USER, "-A", "scram-sha-256"),
            *("--pwfile", str(secret), "-E", "UTF8", "--locale", "C", "--no-sync"),
        )

    def _url_of(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _ctl(self, *arguments: str) -> None:
        _run("pg_ctl", "-D", str(self.folder / "data"), *arguments)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server until the end of the block. It is not run by root, who may not."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not pytest's folder, which only root may enter; and short, for the socket in it.
    # In memory where the rest is: to make a database copies hundreds of files, and syncs them.
    memory = os.environ.get("PYTEST_DEBUG_TEMPROOT")
    folder = Path(tempfile.mkdtemp(prefix="jimae-pg-", dir=memory))
    _own(folder)
    made = Cluster(folder, port)
    try:
        made.initialise()
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder)


def _name() -> str:
    return f"t{secrets.token_hex(6)}"


def _account() -> str | None:
    """Who runs it, if we are root."""
    return "postgres" if os.geteuid() == 0 else None


def _own(path: Path) -> None:
    if (account := _account()) is not None:
        entry = pwd.getpwnam(account)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _run(program: str, *arguments: str) -> None:
    found = sorted(PROGRAMS.glob(f"*/bin/{program}"))
    assert found, f"{program} is not there: scripts/setup --test installs PostgreSQL"
    # Its output goes nowhere: the server would hold a pipe open for as long as it runs.
    done = subprocess.run(
        [found[-1], *arguments],
        user=_account(),
        group=_account(),
        extra_groups=[] if _account() else None,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{program} {' '.join(arguments)} failed"
