"""A running server opens no connection: neither it nor its worker even tries."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fakes.weights import MODELS

ROOT = Path(__file__).parent.parent
MODEL = "smollm2-135m"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")

# Python reads this in every process of the server; who asks for a connection is written down.
SITECUSTOMIZE = """
import os, sys
log = os.open({log!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
asks = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")
def hook(event, arguments):
    if event in asks:
        os.write(log, f"{{event}} {{arguments}}\\n".encode())
sys.addaudithook(hook)
os.write(log, f"watching {{os.path.basename(sys.argv[0])}}\\n".encode())
"""

pytestmark = pytest.mark.weights


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the processes of this test asked for."""
    return tmp_path / "asked"


@pytest.fixture
def source(tmp_path: Path, log: Path) -> Path:
    """A copy of the package with the watch beside it: workers know no other folder."""
    root = tmp_path / "checkout"
    copied = root / "server" / "jimae"
    shutil.copytree(ROOT / "server" / "jimae", copied, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("models", "webui"):
        (root / name).symlink_to(ROOT / name)
    (root / "server" / "sitecustomize.py").write_text(SITECUSTOMIZE.format(log=str(log)))
    return root / "server"


def environment(source: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(source), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def server(tmp_path: Path, source: Path) -> Iterator[str]:
    """The address of a server of its own, started as a person starts it."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f"{MODEL}.gguf").symlink_to(MODELS / f"{MODEL}.gguf")
    command = [sys.executable, "-m", "jimae.cli.main", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data-dir", tmp_path],
        env=environment(source),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = next(filter(None, map(ADDRESS.search, process.stdout)))
        yield address[0]
        process.send_signal(signal.SIGINT)


def asked(log: Path) -> list[str]:
    return [line for line in log.read_text().splitlines() if not line.startswith("watching")]


def test_nothing_is_connected_to(server: str, log: Path) -> None:
    question = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "See https://example.com/a.png"}],
        "max_tokens": 8,
    }
    with httpx.Client(base_url=server, trust_env=False, timeout=30) as client:
        end = time.monotonic() + 60
        while client.get("/health/ready").status_code != 200:
            assert time.monotonic() < end, "the model did not load"
            time.sleep(0.1)
        assert client.post("/v1/chat/completions", json=question).status_code == 200
        assert client.get("/").status_code == 200
        assert client.get("/v1/models").status_code == 200

    assert log.read_text().count("watching") >= 2, "the server and its worker"
    assert asked(log) == []


def test_the_watch_sees_a_connection(source: Path, log: Path) -> None:
    program = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"

    subprocess.run(
        [sys.executable, "-c", program], env=environment(source), check=False, capture_output=True
    )

    assert [line.split()[0] for line in asked(log)] == ["socket.getaddrinfo", "socket.connect"]
