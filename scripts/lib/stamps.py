"""Stamps: what a step was done for, so that it is done again only when that changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lib.places import STAMPS


def digest(*parts: str | Path) -> str:
    """One hash over texts and the contents of files; a missing file counts as empty."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes() if part.is_file() else b""
            total.update(part.name.encode() + b"\0" + hashlib.sha256(content).digest())
        else:
            total.update(part.encode() + b"\0")
    return total.hexdigest()


def files_below(folder: Path, *, without: Iterable[str]) -> list[Path]:
    """Every file below `folder`, in a fixed order, leaving out folders by these names."""
    left_out = set(without)
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            if entry.name not in left_out:
                found += files_below(entry, without=left_out)
        else:
            found.append(entry)
    return found


def is_set(name: str, value: str) -> bool:
    stamp = STAMPS / name
    return stamp.is_file() and stamp.read_text() == value


def put(name: str, value: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(value)
