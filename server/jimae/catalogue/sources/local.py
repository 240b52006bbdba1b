"""`file:` a file on this machine: an offline medium, a shared folder, a copy at hand."""

from __future__ import annotations

from pathlib import Path

from jimae.catalogue.part_file import CHUNK, PartFile
from jimae.catalogue.progress import Progress
from jimae.catalogue.sources.base import Offer
from jimae.errors import JimaeError


class LocalFetcher:
    """Copies one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return f"file:{self._path}"

    def probe(self) -> Offer:
        if not self._path.is_file():
            raise JimaeError("source_missing", source="file:", what=str(self._path))
        return Offer(self._path.stat().st_size, None)

    def fetch(self, part: PartFile, progress: Progress) -> None:
        try:
            with self._path.open("rb") as file:
                size = self._path.stat().st_size
                progress.begin(self._path.name, size, part.offset)
                part.on_bytes = progress.advance
                file.seek(part.offset)
                while data := file.read(CHUNK):
                    part.write(data)
        except FileNotFoundError:
            raise JimaeError("source_missing", source="file:", what=str(self._path)) from None
        progress.end()


def find(place: Path, names: list[str]) -> Path:
    """The file that is meant by `place`: itself, or one of `names` in that folder."""
    if place.is_file():
        return place
    for name in names:
        if (place / name).is_file():
            return place / name
    raise JimaeError("source_missing", source=str(place), what=" / ".join(names))
