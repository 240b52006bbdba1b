"""`jimae` as a process: commands that end by themselves, and a server with the fake model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from fakes.files import write_gguf

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT / 'server'}{os.pathsep}{ROOT / 'tests'}",
    "PATH": os.environ["PATH"],
    "LANG": "ja_JP.UTF-8",
    "PYTHONUTF8": "1",
    "PYTHONUNBUFFERED": "1",
    "COLUMNS": "200",
}


def jimae(
    *arguments: str,
    data_dir: Path | None = None,
    language: str = "ja_JP.UTF-8",
    typed: str = "",
    room: int | None = None,
) -> tuple[int, str]:
    """Exit code of a command that ends by itself, and everything that it said. `room`: no file
    can grow beyond so many bytes, as on a disk that is full."""
    where = () if data_dir is None else ("--data-dir", str(data_dir))
    full = () if room is None else ("prlimit", f"--fsize={room}")
    done = subprocess.run(
        [*full, sys.executable, "-m", "jimae.cli.main", *arguments, *where],
        env=ENVIRONMENT | {"LANG": language},
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


class Process:
    """A server with the fake model, in a process of its own."""

    def __init__(
        self,
        data_dir: Path,
        *,
        delay: float,
        drain: float,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        write_gguf(data_dir / "models" / "fake.gguf")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "fakes.serve"),
                *(str(data_dir), str(port), str(delay), str(drain), host),
            ],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        assert self.process.stdout is not None
        while not self.said or "準備ができました" not in self.said[-1]:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said.append(line)
        self.url = next(word for line in self.said for word in line.split() if "http://" in word)

    def stream(self, out: list[str], began: list[int]) -> None:
        body = {"model": "fake", "messages": [{"role": "user", "content": "話して"}]}
        with (
            httpx.Client(trust_env=False, timeout=30) as client,
            client.stream(
                "POST", f"{self.url}/v1/chat/completions", json={**body, "stream": True}
            ) as response,
        ):
            began.append(1)
            out.append("".join(response.iter_text()))


def kill(server: Process) -> None:
    """As a power failure does, as far as a process can tell."""
    server.process.kill()
    server.process.wait()
    assert server.process.stdout is not None
    server.process.stdout.close()
