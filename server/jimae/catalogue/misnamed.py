"""Whether a file is the model that its name says, told from its header and its length.

Whoever copies a file to `<id>.gguf` may take the wrong one, and it would answer under the name of
a model that it is not. A sum would tell for certain; these facts cost nothing at each start.
"""

from __future__ import annotations

from typing import NamedTuple

from jimae.catalogue.entry import Model
from jimae.catalogue.gguf_header import Header
from jimae.errors import JimaeError


class Difference(NamedTuple):
    """A fact of the file that is another one in the catalogue."""

    what: str
    file: str
    catalogue: str

    def __str__(self) -> str:
        return f"{self.what}: {self.file} ≠ {self.catalogue}"


def differences(entry: Model, header: Header, size: int) -> list[Difference]:
    """What a file of `size` bytes says of itself and its entry does not; nothing where one of
    them says nothing. Only what was verified is compared to the byte."""
    shape = entry.architecture
    facts: list[tuple[str, str | int | None, str | int | None]] = []
    if shape is not None:
        facts += [
            ("architecture", header.architecture, shape.name),
            ("layers", header.block_count, shape.layers),
        ]
        if entry.verified:
            facts.append(("heads of keys and values", header.head_count_kv, shape.kv_heads))
    if entry.weights.sha256 is not None:
        facts.append(("bytes", size, entry.weights.size))
    return [
        Difference(what, _told(here), _told(there))
        for what, here, there in facts
        if here is not None and there is not None and here != there
    ]


def warning(entry: Model, header: Header, size: int, path: str) -> JimaeError | None:
    """The same as one sentence; None if the file may be that model."""
    found = differences(entry, header, size)
    if not found:
        return None
    told = ", ".join(map(str, found))
    return JimaeError("model_misnamed", path=path, id=entry.id, differences=told)


def _told(fact: str | int) -> str:
    return fact if isinstance(fact, str) else f"{fact:,}"
