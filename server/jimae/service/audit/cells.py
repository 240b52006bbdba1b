"""Texts as they stand in a line of CSV: one line for one record, whatever somebody wrote."""

from __future__ import annotations

import re
from typing import Final, Literal

Encoding = Literal["utf-8", "cp932"]

# What begins a formula in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection),
# also in the width that Japanese keyboards write; and what a reader may strip before it.
_FORMULA: Final = re.compile(r"^[\s']*[=+\-@\uff1d\uff0b\uff0d\uff20]")
# Controls, line and paragraph ends, marks that turn the direction of writing, and halves.
_UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\\"
    r"\ud800-\udfff]"
)
_NAMED: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\"}
# The mark that printers in Japan put where they have no type.
MISSING: Final = "〓"
# CP932 has these in another place of Unicode; they look the same.
_IN_CP932: Final = str.maketrans(
    {
        "\u301c": "\uff5e",
        "\u2212": "\uff0d",
        "\u2014": "\u2015",
        "\u2016": "\u2225",
        "\u00a5": "\uffe5",
        "\u00a2": "\uffe0",
        "\u00a3": "\uffe1",
        "\u00ac": "\uffe2",
    }
)
BOM: Final = b"\xef\xbb\xbf"


def visible(text: str) -> str:
    """What moves, hides or ends a line is written out; a backslash is doubled."""
    return _UNSEEN.sub(lambda one: _NAMED.get(one[0], f"\\u{ord(one[0]):04x}"), text)


def cell(text: str) -> str:
    """A quoted cell that no spreadsheet takes for a formula."""
    seen = visible(text)
    if _FORMULA.match(text) or _FORMULA.match(seen):
        seen = f"'{seen}"
    return '"' + seen.replace('"', '""') + '"'


class Encoder:
    """Lines in an encoding; `lost` counts the characters that it does not have."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self.lost = 0

    @property
    def start(self) -> bytes:
        return BOM if self._encoding == "utf-8" else b""

    def line(self, cells: list[str]) -> bytes:
        text = ",".join(map(cell, cells)) + "\r\n"
        if self._encoding == "cp932":
            text = text.translate(_IN_CP932)
        try:
            return text.encode(self._encoding)
        except UnicodeEncodeError:
            return b"".join(map(self._one, text))

    def _one(self, character: str) -> bytes:
        try:
            return character.encode(self._encoding)
        except UnicodeEncodeError:
            self.lost += 1
            return MISSING.encode(self._encoding)
