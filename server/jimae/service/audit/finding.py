"""The words by which content is found: all of it, however long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from jimae.service.words import LONGEST, LONGEST_TERM, indexed

# What a message says of itself, and nobody wrote.
UNSAID: Final = frozenset(("role", "type", "id", "tool_call_id", "salt"))


def texts_in(content: Any) -> str:
    """What was written, of the JSON of a content, line by line."""
    return "\n".join(_texts(content))


def pieces_of(text: str, owner: str) -> list[str]:
    """The words of each piece: they overlap, so that no term is cut in two."""
    step = LONGEST - LONGEST_TERM
    return [indexed(text[at : at + LONGEST], owner) for at in range(0, max(len(text), 1), step)]


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for name, inner in value.items():
                if name not in UNSAID:
                    yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)
