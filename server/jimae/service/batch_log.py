"""The two files that a batch writes: they are also how it knows what is done.

A line is on the disk before it counts, and a line that a crash tore is cut off when
they are opened again: so every request has one line, whenever the server was killed.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from jimae.service.batch_lines import USAGE, Outcome, encode, used
from jimae.store.blobs import sync, told


@dataclass
class Progress:
    """What was written so far. `usage` counts tokens by the names of `USAGE`."""

    done: set[str] = field(default_factory=set)
    completed: int = 0
    failed: int = 0
    usage: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(USAGE, 0)))

    def add(self, result: Outcome) -> None:
        self.done.add(result.custom_id)
        if result.good:
            self.completed += 1
        else:
            self.failed += 1
        if result.response is not None:
            self.usage.update(used(result.response.body))


class BatchLog:
    """Answers go to `output`, everything else to `errors`. Every method may wait for the
    disk, and raises `storage_full` and `storage_unavailable`."""

    def __init__(self, output: Path, errors: Path) -> None:
        self.output = output
        self.errors = errors
        self.progress = Progress()
        # A write goes on in its thread when the task that wanted it is cancelled.
        self._lock = threading.Lock()

    def recover(self) -> None:
        """Learn what was done before."""
        with self._lock, told(self.output.parent):
            self.progress = Progress()
            for path in (self.output, self.errors):
                for result in _recovered(path):
                    self.progress.add(result)

    def append(self, results: Iterable[Outcome]) -> None:
        """When this returns, they survive a crash. If it raises, none of them was written,
        or a crash in between will have it so."""
        with self._lock, told(self.output.parent):
            new = [result for result in results if result.custom_id not in self.progress.done]
            for path, good in ((self.output, True), (self.errors, False)):
                lines = [encode(result) for result in new if result.good == good]
                if lines:
                    _append(path, lines)
                    for result in new:
                        if result.good == good:
                            self.progress.add(result)


def _append(path: Path, lines: Iterable[bytes]) -> None:
    """All of them or none."""
    created = not path.exists()
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        before = os.fstat(file).st_size
        try:
            for line in lines:
                _write(file, line)
            os.fsync(file)
        except OSError:
            os.ftruncate(file, before)
            raise
    finally:
        os.close(file)
    if created:
        sync(path.parent)


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _recovered(path: Path) -> Iterator[Outcome]:
    """The whole lines of a file, after what follows the last of them was cut off."""
    if not path.exists():
        return
    whole = 0
    with path.open("r+b") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield msgspec.json.decode(line, type=Outcome)
        if file.seek(0, os.SEEK_END) > whole:
            file.truncate(whole)
            os.fsync(file.fileno())
