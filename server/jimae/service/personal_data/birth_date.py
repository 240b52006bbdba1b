"""Dates of birth: dates in either calendar that words say are one. Other dates are nobody's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import Folded
from jimae.service.personal_data.found import Found
from jimae.service.personal_data.nearby import header_of

_DAY: Final = r"(?:0?[1-9]|1[0-2])(?:月|[./-])(?:0?[1-9]|[12][0-9]|3[01])日?"
PATTERN: Final = re.compile(
    rf"(?:[12](?<![0-9][12])(?:9|0)[0-9]{{2}}(?:年|[./-]){_DAY}|[12](?<![0-9][12])(?:9|0)[0-9]{{2}}"
    r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    rf"|(?:明治|大正|昭和|平成|令和|[MTSHR㍾㍽㍼㍻㋿])\.? ?(?:元|[0-9]{{1,2}})(?:年|[./-]){_DAY})"
    r"(?![0-9])"
)
LABEL: Final = re.compile(
    r"(?:生年月日|誕生日|お?生まれ|出生(?:年月)?日?|生年|DOB|(?:date of )?birth(?:day| ?date)?)"
    r"[ :|\t=\"'、()はがの西暦和暦/]{0,12}\Z",
    re.IGNORECASE,
)
AFTER: Final = re.compile(
    r"(?: ?[(][^()\n]{1,10}[)])?(?: ?生まれ|生(?![産成徒活涯放物まじ])|に?誕生)"
)
BEFORE: Final = 30


def find(text: Folded) -> Iterator[Found]:
    for match in PATTERN.finditer(text.narrow):
        start, end = match.span()
        if (
            LABEL.search(text.narrow, max(0, start - BEFORE), start)
            or AFTER.match(text.narrow, end)
            or "生年月日" in header_of(text.narrow, start)
        ):
            yield Found("birth_date", start, end, "high", ("shape", "context"))
