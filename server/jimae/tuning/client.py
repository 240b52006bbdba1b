"""Starts the measuring child and hears what it has to tell."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

from jimae.errors import JimaeError
from jimae.process import child_environment
from jimae.tuning.messages import FromChild, Measured, Progress, Refused, Requantised, Task
from jimae.worker.protocol import frame, read_frame, to_error

Tell = Callable[[float], None]
T = TypeVar("T", Measured, Requantised)


async def run(task: Task, expected: type[T], tell: Tell) -> T:
    """Do a task in a child process and return its result; `tell` gets 0 to 1.

    The child ends with this call, however it ends. Raises what the child raised,
    or JimaeError `tuning_died` when it ended without a result.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "jimae.tuning.child",
            str(theirs.fileno()),
            str(os.getpid()),
            pass_fds=(theirs.fileno(),),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(),
        )
    said = asyncio.create_task(_last_line(process))
    reader, writer = await asyncio.open_connection(sock=ours)
    try:
        writer.write(frame(msgspec.msgpack.encode(task)))
        while (body := await read_frame(reader)) is not None:
            message: FromChild = msgspec.msgpack.decode(body, type=FromChild)
            if isinstance(message, Progress):
                tell(message.done)
            elif isinstance(message, Refused):
                raise to_error(message.error)
            elif isinstance(message, expected):
                tell(1.0)
                return message
        code = await process.wait()
        raise JimaeError("tuning_died", reason=_why(code, await said))
    finally:
        writer.close()
        if process.returncode is None:
            process.kill()
        await process.wait()
        said.cancel()


async def _last_line(process: asyncio.subprocess.Process) -> str:
    """The last thing that the child wrote to its standard error."""
    last = ""
    if process.stderr is not None:
        while line := await process.stderr.readline():
            last = line.decode("utf-8", "replace").strip() or last
    return last


def _why(code: int, said: str) -> str:
    names = {number.value: number.name for number in signal.Signals}
    how = f"exit status {code}" if code >= 0 else names.get(-code, f"signal {-code}")
    return f"{how}: {said}" if said else how
