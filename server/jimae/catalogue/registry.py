"""The catalogue: every model that this program knows by name.

The entries come with the program, in `models/` of a checkout and inside the
installed package; a person's own are in `<data_dir>/catalogue/`, and one of
those replaces a shipped entry of the same id.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

import jimae
from jimae.catalogue.entry import PARSERS, Model
from jimae.errors import JimaeError

_AT = re.compile(r" - at `(?P<path>[^`]+)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<name>[^`]+)`")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")


class Catalogue:
    """Models by id, in the order of their rank."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        ordered = sorted(models.values(), key=lambda model: (-model.rank, model.id))
        self._models = {model.id: model for model in ordered}

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def __contains__(self, id: object) -> bool:
        return id in self._models

    def get(self, id: str) -> Model:
        """The entry of this id. Raises `model_unknown`, naming the nearest ids.

        Only ids of the catalogue pass, so one that was returned from here can
        safely become part of a path.
        """
        found = self._models.get(id)
        if found is None:
            near = difflib.get_close_matches(id.lower()[:200], self._models, n=3, cutoff=0.0)
            raise JimaeError(
                "model_unknown",
                id=id if id.isprintable() and len(id) <= 80 else ascii(id[:80]),
                near=", ".join(near),
            )
        return found


def load(data_dir: Path | None = None) -> Catalogue:
    """Read the shipped entries and those in `<data_dir>/catalogue`.

    Raises JimaeError `catalogue_invalid`, which names the file and the key.
    """
    models: dict[str, Model] = {}
    folders = [shipped_dir()]
    if data_dir is not None:
        folders.append(data_dir / "catalogue")
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            model = read_entry(path)
            models[model.id] = model
    return Catalogue(models)


def shipped_dir() -> Path:
    """The folder of the entries that come with the program."""
    package = Path(jimae.__file__).resolve().parent
    installed = package / "_models"
    return installed if installed.is_dir() else package.parents[1] / "models"


def read_entry(path: Path) -> Model:
    """Read one entry; its id has to be the file's name."""
    try:
        model = msgspec.toml.decode(path.read_bytes(), type=Model)
    except msgspec.ValidationError as error:
        raise _explain(path, str(error)) from None
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise JimaeError("catalogue_invalid", path=str(path), key="-", reason=str(error)) from None
    if model.id != path.stem:
        reason = f"it says '{model.id}', but the file is called '{path.stem}.toml'"
        raise JimaeError("catalogue_invalid", path=str(path), key="id", reason=reason)
    return model


def _explain(path: Path, text: str) -> JimaeError:
    """msgspec's sentence, split into the key and what is wrong with it."""
    at = _AT.search(text)
    reason = text[: at.start()] if at else text
    keys = [at["path"].removeprefix("$").removeprefix(".")] if at else []
    named = _UNKNOWN.search(reason) or _MISSING.search(reason)
    if named:
        keys.append(named["name"])
    if keys == ["parser"]:
        reason = f"{reason}; it can be {', '.join(PARSERS)}"
    return JimaeError(
        "catalogue_invalid", path=str(path), key=".".join(filter(None, keys)) or "-", reason=reason
    )
