"""The draft model that the settings name for a model: found and checked before either is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from jimae.catalogue.abilities import can_write
from jimae.catalogue.gguf_header import Header, read_header
from jimae.catalogue.vocabulary import same_vocabulary
from jimae.errors import JimaeError
from jimae.service.able import header_of
from jimae.settings import Settings


class Draft(NamedTuple):
    """A model that guesses ahead of another one."""

    path: Path
    header: Header


def check_files(
    settings: Settings, model: str, files: Mapping[str, Path]
) -> tuple[Header, Draft | None]:
    """The header of a model in `files`, and its draft model if the settings name one. Blocks.

    Raises `gguf_invalid`, `draft_missing`, `draft_unfit`, `draft_vocabulary`.
    """
    header = read_header(files[model])
    name = settings.draft_of(model)
    if name is None:
        return header, None
    if name not in files:
        raise JimaeError("draft_missing", model=model, draft=name, available=", ".join(files))
    draft = Draft(files[name], read_header(files[name]))
    if name == model or not (can_write(header) and can_write(draft.header)):
        raise JimaeError("draft_unfit", model=model, draft=name)
    if not same_vocabulary(files[model], header, *draft):
        raise JimaeError("draft_vocabulary", model=model, draft=name)
    return header, draft


def draft_header(settings: Settings, model: str) -> Header | None:
    """The header of a model's draft model; None also if a load would say what is wrong with it."""
    name = settings.draft_of(model)
    try:
        return header_of(settings.models_dir / f"{name}.gguf") if name is not None else None
    except (JimaeError, OSError):
        return None
