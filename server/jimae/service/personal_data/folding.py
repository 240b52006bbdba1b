"""Full-width and half-width as one, character by character: offsets stay those of the text."""

from __future__ import annotations

from typing import Final

# Everything that people write for a hyphen, but for the long vowel mark ー, which is one only
# between digits: patterns name it themselves.
_HYPHENS: Final = "‐‑‒–—―−﹣－ｰ─"
_FULL: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TABLE: Final[dict[int, int | str]] = {
    **_FULL,
    **dict.fromkeys(map(ord, _HYPHENS), "-"),
    0x3000: " ",
    0xA0: " ",
}

HYPHEN: Final = "[-ー]"
"""For patterns: a hyphen between digits in a folded text."""


class Folded:
    """A text to look through, and the same with its ASCII in half width."""

    def __init__(self, text: str) -> None:
        self.original = text
        self.narrow = text if text.isascii() else text.translate(_TABLE)


def digits(text: str) -> str:
    """The ASCII digits of a folded text."""
    return "".join(character for character in text if "0" <= character <= "9")


def goes_on(narrow: str, start: int, end: int) -> bool:
    """Whether groups of digits with blanks between them are a part of more such groups."""
    before, after = narrow[max(0, start - 2) : start], narrow[end : end + 2]
    return (before[1:] == " " and before[:1].isdecimal()) or (
        after[:1] == " " and after[1:].isdecimal()
    )
