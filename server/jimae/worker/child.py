"""The process of a worker, as it is seen from outside: its start, its memory, its log, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys

import psutil

from jimae.process import child_environment
from jimae.worker.backend import Resident

log = logging.getLogger(__name__)


async def start(theirs: socket.socket) -> asyncio.subprocess.Process:
    """A worker that talks over its end of a socket, and ends with this process."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "jimae.worker.main",
        str(theirs.fileno()),
        str(os.getpid()),
        pass_fds=(theirs.fileno(),),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=child_environment(),
    )


def resident(pid: int) -> Resident | None:
    """Memory of a process and of those that it started; None if it has ended."""
    total = private = 0
    try:
        process = psutil.Process(pid)
        for each in (process, *process.children()):
            found = each.memory_info()
            total += found.rss
            private += found.rss - found.shared
    except psutil.Error:  # it ended meanwhile
        return None
    return Resident(total, private)


async def pass_on_logs(model: str, process: asyncio.subprocess.Process) -> None:
    """Write the lines that a worker says into this process's log, until it ends."""
    if process.stdout is None:
        return
    while line := await process.stdout.readline():
        level, _, text = line.decode("utf-8", "replace").rstrip().partition(" ")
        number = logging.getLevelNamesMapping().get(level)
        if number is None:
            number, text = logging.INFO, f"{level} {text}"
        log.log(number, "[%s %d] %s", model, process.pid, text)


def why(code: int) -> str:
    """What an exit code says of an end."""
    if code >= 0:
        return f"exit status {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
