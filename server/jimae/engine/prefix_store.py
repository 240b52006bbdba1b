"""What the engine asks of the place where prefixes outlive the process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class SavedPrefix(NamedTuple):
    """A prefix that was saved: its tokens, and how many of them a prompt begins with."""

    name: str
    keys: Sequence[int]
    matching: int


class PrefixStore(Protocol):
    """Keeps the cells of prefixes by scope. Damaged or foreign data is as good as absent."""

    def find(self, scope: str, keys: Sequence[int]) -> SavedPrefix | None:
        """The saved prefix that shares most with `keys`, if any does."""
        ...

    def load(self, saved: SavedPrefix) -> bytes | bytearray | None: ...

    def save(self, scope: str, keys: Sequence[int], data: bytes) -> None:
        """Keep a prefix; it replaces those that it continues. Returns before it is on disk."""
        ...

    def forget(self, scope: str) -> None:
        """Delete all that was saved for a scope."""
        ...
