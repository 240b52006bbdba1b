"""Prohibited words, found however they are written.

A word is literal but for `*`, which stands for up to `GAP` characters. A word that begins or
ends with a Latin letter or a digit stands for itself (`NDA` is not in `agenda`) unless a `*`
is there. Nobody's regular expression is ever run.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from jimae.service.personal_data.escapes import plain

GAP: Final = 20

WordAction = Literal["warn", "refuse"]

# Katakana to hiragana, where both exist.
_KANA: Final = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}


class Word(NamedTuple):
    """One entry of a list. `owner` is a group or `everybody`."""

    id: str
    owner: str
    word: str
    folded: str
    level: str
    action: WordAction


def fold(text: str) -> str:
    """The same for full and half width, capitals and small letters, katakana and hiragana."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_KANA)


def prohibited(text: str, words: Sequence[Word]) -> list[Word]:
    """The words that are in a text, as it is or as it reads behind its escapes."""
    if not words:
        return []
    ways = {fold(text), fold(plain(text))}
    return [word for word in words if any(contains(folded, word.folded) for folded in ways)]


def contains(text: str, word: str) -> bool:
    """Whether a folded word is in a folded text; in time linear in the text."""
    parts = [part for part in word.split("*") if part]
    if not parts:
        return False
    reached: list[int] | None = None
    for index, part in enumerate(parts):
        alone_before = index == 0 and not word.startswith("*")
        alone_after = index == len(parts) - 1 and not word.endswith("*")
        starts = _occurrences(text, part, alone_before, alone_after)
        within = starts if reached is None else _after(starts, reached)
        reached = [start + len(part) for start in within]
    return bool(reached)


def _occurrences(text: str, part: str, alone_before: bool, alone_after: bool) -> Iterable[int]:
    start = text.find(part)
    while start >= 0:
        end = start + len(part)
        inside = (alone_before and _joined(text, start)) or (alone_after and _joined(text, end))
        if not inside:
            yield start
        start = text.find(part, start + 1)


def _joined(text: str, at: int) -> bool:
    """Whether Latin letters or digits stand on both sides of a place."""
    around = text[at - 1 : at + 1] if at else ""
    return len(around) == 2 and around.isascii() and around.isalnum()


def _after(starts: Iterable[int], ends: Sequence[int]) -> Iterable[int]:
    """Those starts that come at most `GAP` after one of the ends; both ascend."""
    nearest = -1
    for start in starts:
        while nearest + 1 < len(ends) and ends[nearest + 1] <= start:
            nearest += 1
        if nearest >= 0 and start - ends[nearest] <= GAP:
            yield start
