"""What a text says behind its backslashes, with the places where it stands.

    {"name": "\\u5c71\\u7530\\n090\\-1234"}    as it was sent: JSON, a pattern, Markdown
    {"name": "山田⏎090-1234"}               as it reads

JSON inside of JSON has more backslashes before each: however many, it reads the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

# All backslashes of a run or none: a mebibyte of them is read once.
_SLASHES: Final = r"(?<!\\)\\++"
_HIGH: Final = "[dD][89abAB][0-9a-fA-F]{2}"
_LOW: Final = "[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE: Final = re.compile(
    rf"{_SLASHES}(?:u(?:(?P<high>{_HIGH}){_SLASHES}u(?P<low>{_LOW})|(?P<code>[0-9a-fA-F]{{4}}))"
    r"|(?P<other>[bfnrt!-/:-@\[\]^_`{-~]))"
)
_BLANK: Final = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


class Plain:
    """A text as it reads. `place` tells where in the original one of its characters begins."""

    def __init__(self, original: str) -> None:
        self.text = original
        # Where a piece of the text begins in what is read, and in the original.
        self._read, self._written = [0], [0]
        if "\\" in original:
            self._read_through(original)

    def place(self, at: int) -> int:
        piece = bisect_right(self._read, at) - 1
        return self._written[piece] + at - self._read[piece]

    def _read_through(self, original: str) -> None:
        parts: list[str] = []
        length = end = 0
        for match in _ESCAPE.finditer(original):
            between = original[end : match.start()]
            parts += (between, _character(match))
            length += len(between)
            end = match.end()
            self._read += (length, length + 1)
            self._written += (match.start(), end)
            length += 1
        self.text = "".join((*parts, original[end:]))


def plain(text: str) -> str:
    """A text as it reads."""
    return Plain(text).text


def _character(match: re.Match[str]) -> str:
    if match["high"]:
        pair = bytes.fromhex(match["high"] + match["low"])
        return pair.decode("utf-16-be")
    if match["code"]:
        character = chr(int(match["code"], 16))
        return "\ufffd" if "\ud800" <= character <= "\udfff" else character
    return _BLANK.get(match["other"], match["other"])
