"""Taking models in from a folder on this machine: an offline medium, a shared place.

The folder is named in the settings, so nobody can make the server read another one. A file
that the catalogue knows has to be the publisher's; of any other, the sum is noted as its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from jimae.catalogue import pull
from jimae.catalogue.entry import FileSource, Licence, Model, WeightsFile, WordLists
from jimae.catalogue.entry import Note as Words
from jimae.catalogue.gguf_header import read_header
from jimae.catalogue.progress import Silent
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError, WireError
from jimae.settings import Settings

log = logging.getLogger(__name__)

SUFFIX: Final = ".gguf"
MOST_FILES: Final = 1000

State = Literal["running", "done", "failed"]


class Offered(NamedTuple):
    """A file in the folder. `model` is the id it would have here, `known` whether the catalogue
    knows it by its name and length, and `present` whether a model of this id is here already."""

    file: str
    size: int
    model: str
    known: bool
    present: bool


class Import(msgspec.Struct):
    """One that was begun: bytes that are done, of all; and why it failed, if it did."""

    file: str
    model: str
    state: State = "running"
    done: int = 0
    total: int = 0
    error: WireError | None = None


class Imports:
    """The folder, and what is being taken in from it."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, present: Callable[[], dict[str, Path]]
    ) -> None:
        self.folder = settings.models.import_dir or settings.data_dir / "import"
        self._models_dir = settings.models_dir
        self._catalogue = catalogue
        self._present = present
        self._now: dict[str, Import] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begun(self) -> list[Import]:
        """Those that run, and how the others of this run of the server ended."""
        return list(self._now.values())

    def offered(self) -> list[Offered]:
        """The files that can be taken in, by name. No folder is no file."""
        if not self.folder.is_dir():
            return []
        here = self._present()
        found = []
        for path in sorted(self.folder.iterdir())[:MOST_FILES]:
            if path.suffix == SUFFIX and path.is_file():
                model = self._entry(path)
                known = model is not None
                name = model.id if model is not None else _id(path)
                found.append(Offered(path.name, path.stat().st_size, name, known, name in here))
        return found

    async def begin(self, file: str, record: Callable[[Import], Awaitable[None]]) -> Import:
        """Take one of the offered files in, beside everything else, once that is on record.

        Raises `import_missing`, `import_present`, `import_running`, `gguf_invalid`, and what
        `record` raises: nothing was begun then.
        """
        offered = next((one for one in self.offered() if one.file == file), None)
        if offered is None:
            folder = str(self.folder)
            raise JimaeError("import_missing", param="file", file=file[:200], folder=folder)
        if offered.present:
            raise JimaeError("import_present", param="file", file=file, model=offered.model)
        earlier = self._now.get(offered.model)
        if earlier is not None and earlier.state == "running":
            raise JimaeError("import_running", param="file", file=file)
        path = self.folder / file
        read_header(path)
        here = self._now[offered.model] = Import(file, offered.model, total=offered.size)
        try:
            await record(here)
        except BaseException:
            del self._now[offered.model]
            raise
        entry = self._entry(path) or _unknown(path, offered.model)
        task = asyncio.create_task(self._take(entry, path, here), name=f"import {file}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return here

    async def close(self) -> None:
        """What is not whole is taken up again by the next try."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, entry: Model, path: Path, here: Import) -> None:
        try:
            await asyncio.to_thread(
                pull.pull, entry, self._models_dir, place=path, progress=_Counted(here)
            )
        except JimaeError as error:
            here.state, here.error = "failed", error.to_wire()
            log.warning("%s was not taken in: %s", path, error)
        else:
            here.state, here.done = "done", here.total
            log.info("%s was taken in as %s", path, here.model)

    def _entry(self, path: Path) -> Model | None:
        """The catalogue's entry of a file: by the publisher's name for it, or ours."""
        names = (f"{model.id}{SUFFIX}" for model in self._catalogue)
        if path.name in names:
            return self._catalogue.get(path.stem)
        return next((one for one in self._catalogue if one.weights.name == path.name), None)


class _Counted(Silent):
    """Counts into what is shown."""

    def __init__(self, here: Import) -> None:
        self._here = here

    def begin(self, label: str, total: int, done: int) -> None:
        self._here.done, self._here.total = done, total

    def advance(self, count: int) -> None:
        self._here.done += count


def _id(path: Path) -> str:
    """An id that can be a file's name anywhere: what is not a letter, digit or dot is a dash."""
    kept = "".join(
        letter if letter.isascii() and letter.isalnum() else "-" for letter in path.stem.lower()
    )
    return "-".join(part for part in kept.split("-") if part)[:64].strip("-") or "model"


def _unknown(path: Path, model_id: str) -> Model:
    """An entry for a file of which nothing is known but itself."""
    said = "Taken in from a folder.", "フォルダーから取り込んだモデルです。"
    return Model(
        id=model_id,
        name=path.stem[:120],
        family="unknown",
        kind="chat",
        description=Words(en=said[0], ja=said[1]),
        good_at=WordLists(en=(), ja=()),
        licence=Licence(spdx="unknown", url="https://localhost/", commercial="allowed"),
        context=1,
        verified=False,
        files=(
            WeightsFile(
                name=path.name, size=path.stat().st_size, sources=(FileSource(path=str(path)),)
            ),
        ),
    )
