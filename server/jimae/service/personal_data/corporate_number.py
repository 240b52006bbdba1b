"""法人番号: thirteen digits, of which the first checks the others; with a T before it, the
number on invoices (適格請求書発行事業者). They are public: found, but nobody's secret.

The check digit is that of 法人番号の指定等に関する省令 第2条.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import HYPHEN, Folded, digits
from jimae.service.personal_data.found import Confidence, Found, Reason
from jimae.service.personal_data.nearby import Nearby

PATTERN: Final = re.compile(
    rf"[0-9](?<![0-9_/.-][0-9])(?<![0-9]ー[0-9])(?<![A-SU-Za-z][0-9])(?:[0-9]{{12}}"
    rf"|{HYPHEN}[0-9]{{4}}{HYPHEN}[0-9]{{4}}{HYPHEN}[0-9]{{4}})(?![0-9A-Za-z_/-])(?!ー[0-9])(?!\.[0-9])"
)
NEARBY: Final = Nearby(r"法人番号|登録番号|インボイス|適格請求書|事業者番号", r"商号|登記|本店")


def check_digit(rest: str) -> int:
    """The first digit that belongs to the other twelve."""
    weighted = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(rest)))
    return 9 - sum(weighted) % 9


def find(text: Folded) -> Iterator[Found]:
    for match in PATTERN.finditer(text.narrow):
        number = digits(match[0])
        if check_digit(number[1:]) != int(number[0]):
            continue
        start = match.start()
        marked = text.narrow[max(0, start - 1) : start] == "T"
        confidence, why = _judged(text, start - marked, match.end(), marked)
        yield Found(
            "corporate_number", start - marked, match.end(), confidence, ("check_digit", *why)
        )


def _judged(
    text: Folded, start: int, end: int, marked: bool
) -> tuple[Confidence, tuple[Reason, ...]]:
    says = NEARBY.says(text, start, end)
    if marked:
        return "high", ("shape",)
    if says == "names":
        return "high", ("context",)
    if says == "suggests":
        return "medium", ("weak_context",)
    return "low", ("other_context",) if says == "other" else ()
