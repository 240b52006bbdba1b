"""`jimae serve` as a process with real weights, for a person who comes with a browser."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from fakes.process import ENVIRONMENT
from fakes.weights import MODELS, THREADS

PATIENCE = 120_000  # ms; two cores are shared with whatever else runs


@contextmanager
def serving_weights(data_dir: Path, *models: str) -> Iterator[str]:
    """The address of a server with these models; the first one is loaded at its start."""
    missing = [name for name in models if not (MODELS / f"{name}.gguf").exists()]
    if missing:
        pytest.skip(f"no weights of {', '.join(missing)} in {MODELS}: jimae pull")
    (data_dir / "models").mkdir()
    for name in models:
        (data_dir / "models" / f"{name}.gguf").symlink_to((MODELS / f"{name}.gguf").resolve())
    log = data_dir / "log"
    command = [sys.executable, "-m", "jimae.cli.main", "serve", "--port", "0"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir), "--model", models[0]],
            env=ENVIRONMENT | {"JIMAE_ENGINE__THREADS": str(THREADS)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _ready(process, log)
    finally:
        process.terminate()
        process.wait(60)


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server can answer; returns its address."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        said = log.read_text(encoding="utf-8")
        assert process.poll() is None, said
        url = next((word for word in said.split() if word.startswith("http://")), None)
        if url is not None and _is_ready(url):
            return url
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False
