"""Which of the models that are here can do what, told from their files before one is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

from jimae.catalogue.abilities import can_write
from jimae.catalogue.gguf_header import Header, read_header
from jimae.errors import JimaeError

Able = Callable[[str, Header], bool]
"""Whether a model can, by its id and its header."""


async def header_of_able(files: Mapping[str, Path], model: str, code: str, able: Able) -> Header:
    """The header of a model that can. Raises `code`, which names those that can, and what
    `read_header` raises."""
    header = await asyncio.to_thread(header_of, files[model])
    if able(model, header):
        return header
    names = await asyncio.to_thread(_names, files, able)
    raise JimaeError(code, param="model", model=model, able=", ".join(names) or "-")


def header_of(path: Path) -> Header:
    """What a file says, read once for as long as it is the same file."""
    stat = path.stat()
    return _read(path, stat.st_size, stat.st_mtime_ns)


def writes(path: Path) -> bool:
    """Whether a file is a model that writes; what cannot be read is told when it is loaded."""
    try:
        return can_write(header_of(path))
    except JimaeError:
        return True


def _names(files: Mapping[str, Path], able: Able) -> list[str]:
    found = []
    for name, path in files.items():
        try:
            if able(name, header_of(path)):
                found.append(name)
        except JimaeError:  # a file that cannot be read is no advice
            continue
    return found


@lru_cache(maxsize=64)
def _read(path: Path, size: int, mtime_ns: int) -> Header:
    return read_header(path)
