"""Prefixes on disk: one file each, bounded in size and age.

A file that `kv_file` does not read is removed: damaged, of another model, written with
another key, in clear where there is a key, or encrypted where there is none. Names begin
with the mark of their scope, by which the server finds and deletes them without a key, and
go on at random; files are readable by their owner only, since KV cells can be turned back
into words.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from jimae.engine.prefix_store import SavedPrefix
from jimae.engine.radix_tree import common_prefix
from jimae.types import scope_mark
from jimae.worker.kv_file import MAX_DATA, Content, Header, KvFiles

log = logging.getLogger(__name__)

SUFFIX = ".kv"


class _Entry(msgspec.Struct):
    """A file that is, or is about to be, on disk."""

    scope: str
    keys: list[int]
    size: int
    last_used: float


class DiskStore:
    """Implements `engine.prefix_store.PrefixStore` in a directory.

    `model` names all that must be the same for cells to be valid: the file's
    hash, the KV type, the library's version. With a `key` of 32 bytes, files are
    encrypted. `max_bytes` and `max_age` (seconds) bound what is kept; the least
    recently used goes first.
    """

    def __init__(
        self,
        directory: Path,
        model: str,
        *,
        max_bytes: int,
        max_age: float,
        key: bytes | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._files = KvFiles(model, key)
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._index()
        self._writer = threading.Thread(target=self._write_jobs, name="disk store", daemon=True)
        self._writer.start()

    def find(self, scope: str, keys: Sequence[int]) -> SavedPrefix | None:
        best: SavedPrefix | None = None
        for name, entry in self._entries.items():
            if entry.scope != scope or self._too_old(entry):
                continue
            matching = min(common_prefix(entry.keys, keys), len(keys) - 1)
            if matching > (best.matching if best is not None else 0):
                best = SavedPrefix(name, entry.keys, matching)
        return best

    def load(self, saved: SavedPrefix) -> Content | None:
        entry = self._entries.get(saved.name)
        path = self._path(saved.name)
        data = self._files.read(path) if entry is not None else None
        if entry is None or data is None:
            self._discard(saved.name, "is damaged or gone")
            return None
        entry.last_used = self._clock()
        os.utime(path, (entry.last_used, entry.last_used))
        return data

    def save(self, scope: str, keys: Sequence[int], data: bytes) -> None:
        if len(data) > min(self._max_bytes // 2, MAX_DATA):
            return
        name = f"{scope_mark(scope)}-{secrets.token_hex(16)}"
        for other, entry in list(self._entries.items()):
            if entry.scope == scope and common_prefix(entry.keys, keys) == len(entry.keys):
                self._discard(other, None)
        self._entries[name] = _Entry(scope, list(keys), len(data), self._clock())
        header = Header(scope, array("i", keys).tobytes(), len(data))
        self._jobs.put(lambda: self._files.write(self._path(name), header, data))
        self._bound()

    def forget(self, scope: str) -> None:
        for name, entry in list(self._entries.items()):
            if entry.scope == scope:
                self._discard(name, None)

    def flush(self) -> None:
        """Wait until all that was saved is on disk."""
        done = threading.Event()
        self._jobs.put(done.set)
        done.wait()

    def close(self) -> None:
        self._jobs.put(None)
        self._writer.join()

    # --- files ---------------------------------------------------------------------------

    def _path(self, name: str) -> Path:
        return self._directory / (name + SUFFIX)

    def _index(self) -> None:
        """Read the headers of what is there; remove what cannot be read or is too old."""
        for path in self._directory.iterdir():
            name = path.name.removesuffix(SUFFIX)
            header = self._files.read_header(path) if path.suffix == SUFFIX else None
            if header is None:
                log.warning("removing %s: damaged, or of another model or key", path.name)
                path.unlink(missing_ok=True)
                continue
            keys = array("i")
            keys.frombytes(header.tokens)
            used = path.stat().st_mtime
            self._entries[name] = _Entry(header.scope, keys.tolist(), header.size, used)
        self._bound()

    def _bound(self) -> None:
        by_age = sorted(self._entries.items(), key=lambda item: item[1].last_used)
        total = sum(entry.size for _, entry in by_age)
        for name, entry in by_age:
            if total > self._max_bytes or self._too_old(entry):
                total -= entry.size
                self._discard(name, None)

    def _too_old(self, entry: _Entry) -> bool:
        return self._clock() - entry.last_used > self._max_age

    def _discard(self, name: str, why: str | None) -> None:
        if why is not None:
            log.warning("removing the saved prefix %s: it %s", name[:12], why)
        self._entries.pop(name, None)
        self._jobs.put(lambda: self._path(name).unlink(missing_ok=True))

    def _write_jobs(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except OSError as error:  # a full disk costs time later, not answers now
                log.warning("a prefix was not saved: %s", error)
