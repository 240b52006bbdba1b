"""The content of files: one each in a directory that only this server's user may read.

    <data_dir>/files/<id>       a row of the table `files` says whose it is

A file is complete and on the disk before its row is, and its row goes before it does:
what has no row is nobody's, and is removed when the server starts.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from jimae.errors import JimaeError

FOLDER: Final = "files"
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Raise `storage_full` or `storage_unavailable` for what the disk of a folder refuses."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise JimaeError("storage_full", place=str(folder)) from error
        reason = error.strerror or type(error).__name__
        raise JimaeError("storage_unavailable", reason=reason) from error


class Blobs:
    """Every method may wait for the disk, and raises as `told` says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, blob_id: str) -> Path:
        return self.folder / blob_id

    def prepare(self) -> None:
        """Make the directory."""
        with told(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            sync(self.folder.parent)

    def create(self, blob_id: str) -> Upload:
        with told(self.folder):
            return Upload(self, blob_id)

    def open(self, blob_id: str) -> BinaryIO | None:
        """To read; None if it is not there."""
        with told(self.folder):
            try:
                return self.path(blob_id).open("rb")
            except FileNotFoundError:
                return None

    def remove(self, blob_id: str) -> None:
        """When this returns, it is gone from the disk's directory, too."""
        with told(self.folder):
            self.path(blob_id).unlink(missing_ok=True)
            sync(self.folder)

    def sweep(self, kept: Collection[str]) -> None:
        """Remove everything but these."""
        with told(self.folder):
            for path in self.folder.iterdir():
                if path.name not in kept:
                    path.unlink()
            sync(self.folder)


class Upload:
    """A file that is being written, from its beginning. `size` is in bytes."""

    def __init__(self, blobs: Blobs, blob_id: str) -> None:
        self.id = blob_id
        self.size = 0
        self._blobs = blobs
        self._sum = hashlib.sha256()
        path = blobs.path(blob_id)
        self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def write(self, data: bytes | bytearray) -> None:
        with told(self._blobs.folder):
            self._file.write(data)
        self._sum.update(data)
        self.size += len(data)

    def finish(self) -> str:
        """Put everything on the disk; returns its sha256."""
        with told(self._blobs.folder):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            sync(self._blobs.path(self.id).parent)
        return self._sum.hexdigest()

    def discard(self) -> None:
        # A full disk refuses what was still to be written: it is not wanted any more.
        with suppress(OSError):
            self._file.close()
        self._blobs.remove(self.id)


def sync(folder: Path) -> None:
    """Put a directory itself on the disk."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def sum_of(path: Path) -> tuple[int, str] | None:
    """Size in bytes and sha256 of a file, if there is one."""
    with told(path.parent):
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
                return file.tell(), digest.hexdigest()
        except FileNotFoundError:
            return None
