"""Figures as a table for spreadsheets, as they open it in Japan."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final, Literal

from jimae.service.statistics import Line

Encoding = Literal["utf-8", "cp932"]
"""UTF-8 begins with the mark by which Excel knows it; CP932 is what older programs read."""

# A cell that begins so is a formula to a spreadsheet, and names are what people chose.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
# What Japanese printers put where a character is missing.
MISSING: Final = "〓"


def csv_of(lines: Sequence[Line], encoding: Encoding) -> bytes:
    """A table with a heading, lines ended with CR and LF (RFC 4180)."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(Line._fields)
    for line in lines:
        table.writerow([_cell(value) for value in line])
    if encoding == "utf-8":
        return text.getvalue().encode("utf-8-sig")
    return "".join(map(_cp932, text.getvalue())).encode("cp932")


def _cell(value: str | int | float | None) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
        case float():
            return f"{value:.3f}"
        case _:
            return str(value)


def _cp932(character: str) -> str:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return MISSING
    return character
