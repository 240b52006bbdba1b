"""A model in another format, made on this machine, as a model of its own.

The file is built beside its place and put there whole; its sum goes into the
manifest, and an entry of the person's own catalogue says what it was made from.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path
from typing import Any, Final

import msgspec
import tomlkit

from jimae.catalogue import installed
from jimae.catalogue.entry import FileSource, MadeFrom, Model, WeightsFile
from jimae.catalogue.gguf_header import read_header
from jimae.catalogue.part_file import sync_dir
from jimae.catalogue.progress import format_size
from jimae.errors import JimaeError
from jimae.tuning.client import Tell, run
from jimae.tuning.formats import FORMATS, ModelFile, made_id
from jimae.tuning.messages import Requantise, Requantised

# The publisher's format, where it is part of a name: "SmolLM2 135M Instruct (Q4_1)".
_FORMAT: Final = re.compile(r" \([A-Z0-9_]+\)$")

# Left free on the disk.
MARGIN: Final = 64 << 20


async def make(
    base: ModelFile, entry: Model, format: str, data_dir: Path, models_dir: Path, tell: Tell
) -> Model:
    """Make `base` in another format; return the new model's entry.

    A file that is there already is made anew. Raises JimaeError
    `disk_too_small`, `pull_busy`, `requantise_failed` or `tuning_died`.
    """
    made = entry_of(entry, base, format, models_dir)
    _check_disk(made, models_dir)
    partial = models_dir / installed.PARTIAL / f"{made.id}.gguf"
    with installed.alone(models_dir, made):
        try:
            form = FORMATS[format]
            source = str(base.path.resolve())
            task = Requantise(source, str(partial), form.file_type, form.pure)
            await run(task, Requantised, tell)
            read_header(partial)
            with partial.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            final = installed.file_path(models_dir, made)
            partial.replace(final)
        finally:
            partial.unlink(missing_ok=True)
        installed.record(models_dir, made, "weights", digest, "file", f"made from {base.id}")
    (weights,) = made.files
    weights = msgspec.structs.replace(weights, size=final.stat().st_size, sha256=digest)
    made = msgspec.structs.replace(made, files=(weights,))
    write_entry(made, data_dir / "catalogue")
    return made


def entry_of(entry: Model, base: ModelFile, format: str, models_dir: Path) -> Model:
    """The new model's entry: its licence and sampling are those of its origin, and it
    never wins over it as the default. Its size is an estimate yet."""
    id = made_id(base.id, format)
    parameters = entry.architecture.parameters if entry.architecture else base.size * 8 / 4
    file = WeightsFile(
        name=f"{id}.gguf",
        size=int(parameters * FORMATS[format].bits / 8) + (32 << 20),
        sources=(FileSource(path=str((models_dir / f"{id}.gguf").resolve())),),
    )
    return msgspec.structs.replace(
        entry,
        id=id,
        name=f"{_FORMAT.sub('', entry.name)} ({format.upper()})",
        verified=False,
        rank=entry.rank - 1,
        files=(file,),
        made_from=MadeFrom(id=base.id, format=format, sha256=entry.weights.sha256),
    )


def write_entry(entry: Model, folder: Path) -> None:
    """Put an entry into a person's own catalogue."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{entry.id}.toml"
    draft = path.with_suffix(".toml.new")
    draft.write_text(tomlkit.dumps(_set(msgspec.to_builtins(entry))), encoding="utf-8")
    draft.replace(path)
    sync_dir(folder)


def _set(table: dict[str, Any]) -> dict[str, Any]:
    """A table without what is unset, at any depth: TOML has no null."""
    return {key: _inner(value) for key, value in table.items() if value is not None}


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return _set(value)
    return [_inner(one) for one in value] if isinstance(value, list | tuple) else value


def _check_disk(made: Model, models_dir: Path) -> None:
    free = shutil.disk_usage(models_dir).free
    if made.size + MARGIN > free:
        raise JimaeError(
            "disk_too_small",
            id=made.id,
            need=format_size(made.size + MARGIN),
            free=format_size(free),
            path=str(models_dir),
        )
