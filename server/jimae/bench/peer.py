"""Starts a peer server on this machine, set up as well as its own options allow.

llama-server's settings, and why (read in its sources, at the commit in use):

- as many slots as users, each with the context that was asked for, so that none waits;
- KV cache per slot (its default with a given number of slots): attention of one
  user then does not look at the cells of others, which is faster for many users.
  A unified cache shares room, not prefixes: no setting makes two slots share one;
- one thread per physical core;
- prompt cache in memory, similarity of slots, saving of idle slots: its defaults,
  which are on. A prompt kept there is moved to one slot, not copied to several;
- batch sizes: its defaults, 2048 and 512, best for its speed of reading prompts.
  Smaller ones stall readers less and read more slowly: `llama-server-small-batch`
  is the same server with 128, as an operator would run it who minds the stalls.
"""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from jimae.bench import peer_source
from jimae.bench.machine import physical_cores
from jimae.bench.peer_build import Built, build
from jimae.bench.peer_source import Progress
from jimae.errors import JimaeError

PROFILES: Final[dict[str, tuple[str, ...]]] = {
    "llama-server": (),
    "llama-server-small-batch": ("-b", "128", "-ub", "128"),
}
READY_SECONDS = 300.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class PeerOptions:
    """`slots` are answers at once, `context` tokens for each; `extra` ends the command."""

    profile: str
    model_file: Path
    slots: int
    context: int = 4096
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Peer:
    label: str
    url: str
    command: list[str]
    built: Built


def command(binary: Path, port: int, options: PeerOptions) -> list[str]:
    return [
        str(binary),
        "-m",
        str(options.model_file),
        "--alias",
        options.model_file.stem,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "-c",
        str(options.slots * options.context),
        "-np",
        str(options.slots),
        "--no-kv-unified",
        "-t",
        str(physical_cores()),
        "--no-webui",
        *PROFILES[options.profile],
        *options.extra,
    ]


@contextmanager
def running(options: PeerOptions, progress: Progress) -> Iterator[Peer]:
    """The peer, built if need be, ready to answer; stopped at the end whatever happens."""
    built = build(progress)
    port = free_port()
    words = command(built.binary, port, options)
    log = peer_source.cache_dir() / f"{options.profile}.log"
    url = f"http://127.0.0.1:{port}"
    progress(f"{options.profile}: starting on {url}")
    with log.open("wb") as file:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        try:
            _wait_until_ready(process, url, options.profile, log)
            yield Peer(options.profile, url, words, built)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, name: str, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(trust_env=False, timeout=5) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if client.get(f"{url}/health").status_code == httpx.codes.OK:
                    return
            time.sleep(0.2)
    reason = (
        f"it ended with status {process.returncode}"
        if process.returncode is not None
        else f"it was not ready after {READY_SECONDS:.0f} s"
    )
    raise JimaeError("peer_start", name=name, reason=reason, log=str(log))


def _die_with_parent() -> None:
    """Runs in the child: Linux ends it when the bench ends, however that happens."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
