"""The models directory: `<id>.gguf`, what is known of each file, and who is fetching.

```
models/
  qwen2.5-coder-1.5b.gguf      the weights, put in place whole
  qwen2.5-coder-1.5b.json      where they came from, their sum, size and time
  .partial/                    what is being fetched; safe to delete when nothing is
```
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from jimae.catalogue.entry import Model, Role, WeightsFile
from jimae.catalogue.part_file import sync_dir
from jimae.errors import JimaeError

PARTIAL = ".partial"

SumFrom = Literal["catalogue", "hub", "file"]


class Record(msgspec.Struct, frozen=True):
    """One file that was checked. `mtime_ns` and `size` tell whether it is still that file;
    `sum_from` says who vouches for the sum: with "file" nobody but the file itself."""

    role: Role
    size: int
    mtime_ns: int
    sha256: str
    sum_from: SumFrom
    source: str


class Manifest(msgspec.Struct, frozen=True):
    """What is known of a model's files."""

    id: str
    files: tuple[Record, ...] = ()

    def of(self, role: Role) -> Record | None:
        return next((record for record in self.files if record.role == role), None)


def file_path(models_dir: Path, model: Model, role: Role = "weights") -> Path:
    """Where a file of this model belongs. The id comes from the catalogue, never from a request."""
    suffix = "" if role == "weights" else f".{role}"
    return models_dir / f"{model.id}{suffix}.gguf"


def is_present(models_dir: Path, model: Model) -> bool:
    """Whether every file is there and looks whole (by its length; sums are checked by `pull`)."""
    return all(_looks_whole(models_dir, model, file) for file in model.files)


def _looks_whole(models_dir: Path, model: Model, file: WeightsFile) -> bool:
    path = file_path(models_dir, model, file.role)
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return size == file.size if file.sha256 else size > 0


def is_checked(models_dir: Path, model: Model, file: WeightsFile) -> bool:
    """Whether the file that is there is the one that was checked when it was put there."""
    record = read_manifest(models_dir, model).of(file.role)
    if record is None or (file.sha256 and record.sha256 != file.sha256):
        return False
    try:
        stat = file_path(models_dir, model, file.role).stat()
    except OSError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (record.size, record.mtime_ns)


def read_manifest(models_dir: Path, model: Model) -> Manifest:
    """The manifest; an empty one if there is none or it is damaged: then sums are taken anew."""
    try:
        data = (models_dir / f"{model.id}.json").read_bytes()
        return msgspec.json.decode(data, type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return Manifest(model.id)


def known_sum(path: Path) -> str | None:
    """The sum of the weights at `path` that was taken when they came, if they are still these."""
    try:
        data = path.with_suffix(".json").read_bytes()
        found = msgspec.json.decode(data, type=Manifest).of("weights")
        stat = path.stat()
    except (OSError, msgspec.MsgspecError):
        return None
    if found is None or (stat.st_size, stat.st_mtime_ns) != (found.size, found.mtime_ns):
        return None
    return found.sha256


def record(
    models_dir: Path, model: Model, role: Role, sha256: str, sum_from: SumFrom, source: str
) -> None:
    """Note that the file in place has this sum."""
    stat = file_path(models_dir, model, role).stat()
    new = Record(role, stat.st_size, stat.st_mtime_ns, sha256, sum_from, source)
    others = tuple(r for r in read_manifest(models_dir, model).files if r.role != role)
    body = msgspec.json.format(msgspec.json.encode(Manifest(model.id, (*others, new))), indent=2)
    path = models_dir / f"{model.id}.json"
    draft = path.with_suffix(".json.new")
    with draft.open("wb") as file:
        file.write(body + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_dir(models_dir)


@contextmanager
def alone(models_dir: Path, model: Model) -> Iterator[None]:
    """Hold the right to fetch this model. Raises `pull_busy` when another process has it.

    The lock ends with the process, however it ends.
    """
    folder = models_dir / PARTIAL
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{model.id}.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            pid = lock.read(20).strip() or "?"
            raise JimaeError("pull_busy", id=model.id, pid=pid) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
