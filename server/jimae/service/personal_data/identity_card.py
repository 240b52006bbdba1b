"""Numbers of 在留カード (AB12345678CD) and of passports (TR1234567), by their shapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import Folded
from jimae.service.personal_data.found import Found
from jimae.service.personal_data.nearby import Nearby

_BEFORE: Final = r"(?<![0-9A-Za-z_/.-][A-Z]{2})"
_AFTER: Final = r"(?![0-9A-Za-z_/-])"
RESIDENCE_CARD: Final = re.compile(rf"[A-Z]{{2}}{_BEFORE}[0-9]{{8}}[A-Z]{{2}}{_AFTER}")
PASSPORT: Final = re.compile(rf"[A-Z]{{2}}{_BEFORE}[0-9]{{7}}{_AFTER}")
IN_JAPAN: Final = Nearby(r"在留|特別永住|residence card|zairyu", r"外国人|永住|就労|ビザ|査証")
TRAVEL: Final = Nearby(r"旅券|パスポート|passport", r"渡航|ビザ|査証|出入国")


def find_residence_cards(text: Folded) -> Iterator[Found]:
    for match in RESIDENCE_CARD.finditer(text.narrow):
        start, end = match.span()
        match IN_JAPAN.says(text, start, end):
            case "names":
                yield Found("residence_card", start, end, "high", ("shape", "context"))
            case "other":
                yield Found("residence_card", start, end, "low", ("shape", "other_context"))
            case _:
                yield Found("residence_card", start, end, "medium", ("shape",))


def find_passports(text: Folded) -> Iterator[Found]:
    for match in PASSPORT.finditer(text.narrow):
        start, end = match.span()
        match TRAVEL.says(text, start, end):
            case "names":
                yield Found("passport", start, end, "high", ("shape", "context"))
            case "suggests":
                yield Found("passport", start, end, "medium", ("shape", "weak_context"))
            case _:  # products have such numbers too
                yield Found("passport", start, end, "low", ("shape",))
