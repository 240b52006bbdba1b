"""Which models there are: files `<data_dir>/models/<id>.gguf`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from jimae.catalogue import memory
from jimae.catalogue.default import choose_present
from jimae.catalogue.entry import Model
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError
from jimae.service.able import writes
from jimae.service.misnamed import misnamed
from jimae.settings import Settings

SUFFIX: Final = ".gguf"
# The part of a model that reads images is a file beside it, and no model by itself.
PROJECTOR: Final = ".mmproj"
MODEL_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class ModelFiles:
    """The models in a directory, which is read each time: one that was pulled while the server
    runs is there at once."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._chosen = ""
        self._warned: set[str] = set()

    def all(self) -> dict[str, Path]:
        """Every usable id and its file, by id."""
        directory = self._settings.models_dir
        if not directory.is_dir():
            return {}
        found = (path for path in directory.iterdir() if path.suffix == SUFFIX and path.is_file())
        return {path.stem: path for path in sorted(found) if _is_model(path.stem)}

    def path(self, model_id: str) -> Path:
        """Raises `model_not_found`."""
        files = self.all()
        if model_id not in files:
            raise JimaeError(
                "model_not_found",
                param="model",
                model=model_id[:128],
                available=", ".join(files) or "-",
            )
        return files[model_id]

    def entry(self, model_id: str) -> Model | None:
        """What the catalogue says of a model."""
        return self._catalogue.get(model_id) if model_id in self._catalogue else None

    def misnamed(self, files: Mapping[str, Path] | None = None) -> list[JimaeError]:
        """What is to be said of files (all, if not given) with the name of another model, and was
        not said before. Blocks."""
        every = misnamed(self.all() if files is None else files, self._catalogue)
        new = [told for told in every if str(told) not in self._warned]
        self._warned.update(map(str, new))
        return new

    def default_id(self) -> str:
        """The model that serves when nobody chose.

        Raises `no_models`, `no_writing_model`, `default_model_missing`.
        """
        files = self.all()
        directory = str(self._settings.models_dir)
        if not files:
            raise JimaeError("no_models", path=directory)
        wanted = self._settings.models.default
        if wanted is None:
            # Once: a model that is loaded leaves less memory for the next comparison.
            if self._chosen not in files:
                self._chosen = self._best(files)
            return self._chosen
        if wanted not in files:
            raise JimaeError(
                "default_model_missing", model=wanted, path=directory, available=", ".join(files)
            )
        return wanted

    def _best(self, files: Mapping[str, Path]) -> str:
        """The catalogue's choice of those that are there; else the largest file that memory
        holds, since parameters are what makes a model able. Never one that cannot write: raises
        `no_writing_model`."""
        known = choose_present(self._catalogue, self._settings.models_dir, self._settings.engine)
        if known is not None and known.id in files:
            return known.id
        sizes = {model_id: path.stat().st_size for model_id, path in files.items() if writes(path)}
        if not sizes:
            directory = str(self._settings.models_dir)
            raise JimaeError("no_writing_model", path=directory, models=", ".join(files))
        room = memory.available()
        fitting = {model_id: size for model_id, size in sizes.items() if size < room}
        return (
            max(fitting, key=fitting.__getitem__) if fitting else min(sizes, key=sizes.__getitem__)
        )


def _is_model(stem: str) -> bool:
    return MODEL_ID.fullmatch(stem) is not None and not stem.endswith(PROJECTOR)
