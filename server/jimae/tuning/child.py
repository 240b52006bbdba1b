"""The child process that measures or quantises one file.

    python -m jimae.tuning.child DESCRIPTOR PARENT

It reads one task from the inherited socket, writes progress and one result, and
ends. Of this room, only this module loads llama.cpp.
"""

from __future__ import annotations

import logging
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from jimae.errors import JimaeError
from jimae.llama.binding import LoadOptions
from jimae.llama.quantise import quantise
from jimae.llama.tunable import TunableModel
from jimae.process import die_with_parent
from jimae.tuning import quality, speed
from jimae.tuning.messages import (
    FromChild,
    Measure,
    Measured,
    Progress,
    Quality,
    Refused,
    Requantise,
    Requantised,
    Task,
)
from jimae.worker.protocol import frame, to_failed

# Progress is told no more often than this (share of the task).
GRAIN = 0.005

# How much of the work loading is, in tokens read; see `speed.work`.
LOADING = 100

Tell = Callable[[float], None]


class Wire:
    """Frames to and from the process that started this one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._told = 0.0

    def task(self) -> Task:
        (length,) = struct.unpack(">I", self._read(4))
        task: Task = msgspec.msgpack.decode(self._read(length), type=Task)
        return task

    def send(self, message: FromChild) -> None:
        self._connection.sendall(frame(msgspec.msgpack.encode(message)))

    def progress(self, done: float) -> None:
        if done - self._told >= GRAIN:
            self._told = done
            self.send(Progress(done))

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._connection.recv(size - len(data))
            if not more:
                raise EOFError("the connection closed before the task was read")
            data += more
        return data


def measure(task: Measure, tell: Tell) -> Measured:
    """Load the model, measure it, and free it."""
    model = TunableModel(
        LoadOptions(
            path=Path(task.path),
            n_cells=1024,
            n_running=max(task.sequences),
            n_idle=0,
            n_batch=max(task.chunks),
            n_outputs=quality.CHUNK,
            kv_type=task.kv_type,
            threads=task.threads[0],
            gpu_layers=task.gpu_layers,
        )
    )
    try:
        vocab = model.vocab
        tokens = vocab.tokenize(task.text, special=False)
        pieces = quality.windows(tokens, vocab.bos if vocab.adds_bos else None)
        pieces = pieces if task.reference else []
        total = LOADING + speed.work(task.threads, task.chunks, task.sequences)
        total += sum(map(len, pieces))
        done = LOADING

        def progress(more: int) -> None:
            nonlocal done
            done += more
            tell(done / total)

        progress(0)
        tried, found = speed.measure(
            model, tokens, task.threads, task.chunks, task.sequences, progress
        )
        return Measured(tried, found, _quality(task, model, pieces, progress))
    finally:
        model.close()


def _quality(
    task: Measure, model: TunableModel, pieces: list[list[int]], progress: Callable[[int], None]
) -> Quality | None:
    if not pieces:
        return None
    path = Path(task.reference)
    if task.compare:
        return quality.compare(model, pieces, quality.restore(path), progress)
    reference = quality.refer(model, pieces, progress)
    quality.save(reference, path)
    return quality.of_reference(reference)


def requantise(task: Requantise, tell: Tell) -> Requantised:
    started = time.monotonic()
    quantise(Path(task.source), Path(task.target), task.file_type, tell, pure=task.pure)
    return Requantised(time.monotonic() - started)


def main(descriptor: int, parent: int) -> None:
    """Do the task that waits on the inherited socket."""
    die_with_parent(parent)
    # Ctrl+C reaches the whole group; who started this process ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    wire = Wire(socket.socket(fileno=descriptor))
    task = wire.task()
    try:
        if isinstance(task, Measure):
            wire.send(measure(task, wire.progress))
        else:
            wire.send(requantise(task, wire.progress))
    except JimaeError as error:
        wire.send(Refused(to_failed(error)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
