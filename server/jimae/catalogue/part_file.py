"""A file that is still being fetched: it can be taken up again where it stopped.

Its sha256 is kept up to date while it is written, so that the whole need not be
read once more at the end. What was there before is hashed when it is opened.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

CHUNK = 1 << 20


class PartFile:
    """Append-only, except that its end can be cut off.

    The methods `write`, `tell`, `seek` and `truncate` are those of a binary
    file, so that a download library can write to it. `on_bytes` is called with
    the count of every write, and with a negative one for what is cut off.
    """

    def __init__(self, path: Path, on_bytes: Callable[[int], None] | None = None) -> None:
        self.path = path
        self.on_bytes = on_bytes
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._file = path.open("r+b")
        self._hash = hashlib.sha256()
        self._offset = 0
        self._rehash(os.fstat(self._file.fileno()).st_size)

    def __enter__(self) -> PartFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def offset(self) -> int:
        """Bytes that are there."""
        return self._offset

    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._hash.update(data)
        self._offset += len(data)
        if self.on_bytes:
            self.on_bytes(len(data))
        return len(data)

    def tell(self) -> int:
        return self._offset

    def seek(self, offset: int) -> int:
        """Go back to `offset`; what lies behind it is lost with the next `truncate`."""
        self._file.seek(offset)
        return offset

    def truncate(self) -> int:
        """Cut the file off at its position."""
        offset = self._file.tell()
        self._file.truncate()
        before = self._offset
        if offset != before:
            self._rehash(offset)
            if self.on_bytes:
                self.on_bytes(offset - before)
        return offset

    def cut(self, offset: int) -> None:
        """Keep only the first `offset` bytes."""
        self.seek(offset)
        self.truncate()

    def sync(self) -> None:
        """Return when the bytes are on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def _rehash(self, size: int) -> None:
        self._hash = hashlib.sha256()
        self._file.seek(0)
        left = size
        while left and (data := self._file.read(min(CHUNK, left))):
            self._hash.update(data)
            left -= len(data)
        self._offset = size - left


def sync_dir(path: Path) -> None:
    """Return when the directory's entries are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hash_file(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """sha256 of a whole file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            digest.update(data)
            if on_bytes:
                on_bytes(len(data))
    return digest.hexdigest()
