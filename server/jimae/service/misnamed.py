"""Files of this server that are called like a model of the catalogue and hold another one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jimae.catalogue.misnamed import warning
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError
from jimae.service.able import header_of


def misnamed(files: Mapping[str, Path], catalogue: Catalogue) -> list[JimaeError]:
    """What is to be said of each such file. Blocks."""
    found = []
    for model_id, path in files.items():
        if model_id not in catalogue:
            continue
        try:
            told = warning(catalogue.get(model_id), header_of(path), path.stat().st_size, str(path))
        except (JimaeError, OSError):  # a load says what is wrong with it
            continue
        if told is not None:
            found.append(told)
    return found
