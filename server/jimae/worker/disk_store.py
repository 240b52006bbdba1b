"""Prefixes on disk: one file each, bounded in size and age, checked when read.

    magic  length  header (msgpack: model, scope, tokens, sha256 of data)  sha256 of header  data

A file that does not check is ignored and removed. Names begin with the mark of
their scope, by which the server finds and deletes them; files are readable by
their owner only, since KV cells can be turned back into words.
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import struct
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from jimae.engine.prefix_store import SavedPrefix
from jimae.engine.radix_tree import common_prefix
from jimae.types import scope_mark

log = logging.getLogger(__name__)

MAGIC = b"JMKV0001"
SUFFIX = ".kv"
_LENGTH = struct.Struct(">I")
_MAX_HEADER = 64 * 2**20


class _Header(msgspec.Struct, frozen=True):
    model: str
    scope: str
    tokens: bytes
    size: int
    sha256: bytes


class _Entry(msgspec.Struct):
    """A file that is, or is about to be, on disk."""

    scope: str
    keys: list[int]
    size: int
    last_used: float


class DiskStore:
    """Implements `engine.prefix_store.PrefixStore` in a directory.

    `model` names all that must be the same for cells to be valid: the file's
    hash, the KV type, the library's version. `max_bytes` and `max_age` (seconds)
    bound what is kept; the least recently used goes first.
    """

    def __init__(
        self,
        directory: Path,
        model: str,
        *,
        max_bytes: int,
        max_age: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._model = model
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

    def load(self, saved: SavedPrefix) -> bytes | None:
        entry = self._entries.get(saved.name)
        path = self._path(saved.name)
        found = _read(path, self._model) if entry is not None else None
        if entry is None or found is None:
            self._discard(saved.name, "is damaged or gone")
            return None
        entry.last_used = self._clock()
        os.utime(path, (entry.last_used, entry.last_used))
        return found[1]

    def save(self, scope: str, keys: Sequence[int], data: bytes) -> None:
        if len(data) > self._max_bytes // 2:
            return
        tokens = array("i", keys).tobytes()
        name = f"{scope_mark(scope)}-{hashlib.sha256(tokens).hexdigest()}"
        for other, entry in list(self._entries.items()):
            if entry.scope == scope and common_prefix(entry.keys, keys) == len(entry.keys):
                self._discard(other, None)
        self._entries[name] = _Entry(scope, list(keys), len(data), self._clock())
        header = _Header(self._model, scope, tokens, len(data), hashlib.sha256(data).digest())
        self._jobs.put(lambda: _write(self._path(name), header, data))
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
        """Read the headers of what is there; remove what is damaged, foreign or too old."""
        for path in self._directory.iterdir():
            name = path.name.removesuffix(SUFFIX)
            header = _read_header(path) if path.suffix == SUFFIX else None
            if header is None or header.model != self._model:
                log.warning("removing %s: damaged, or of another model", path.name)
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


def _write(path: Path, header: _Header, data: bytes) -> None:
    body = msgspec.msgpack.encode(header)
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(MAGIC + _LENGTH.pack(len(body)) + body + hashlib.sha256(body).digest())
            file.write(data)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _read_header(path: Path) -> _Header | None:
    try:
        with path.open("rb") as file:
            return _parse_header(file.read(len(MAGIC) + _LENGTH.size), file.read)
    except OSError:
        return None


def _read(path: Path, model: str) -> tuple[_Header, bytes] | None:
    """The header and the data of a file; None if anything about it is wrong."""
    try:
        with path.open("rb") as file:
            header = _parse_header(file.read(len(MAGIC) + _LENGTH.size), file.read)
            if header is None or header.model != model:
                return None
            data = file.read()
    except OSError:
        return None
    right = len(data) == header.size and hashlib.sha256(data).digest() == header.sha256
    return (header, data) if right else None


def _parse_header(begin: bytes, read: Callable[[int], bytes]) -> _Header | None:
    if len(begin) != len(MAGIC) + _LENGTH.size or not begin.startswith(MAGIC):
        return None
    (length,) = _LENGTH.unpack(begin[len(MAGIC) :])
    if length > _MAX_HEADER:
        return None
    body = read(length)
    if hashlib.sha256(body).digest() != read(32):
        return None
    try:
        return msgspec.msgpack.decode(body, type=_Header)
    except msgspec.MsgspecError:
        return None
