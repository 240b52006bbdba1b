"""マイナンバー (個人番号): twelve digits, of which the last checks the others.

The check digit is that of 平成26年総務省令第85号 第5条. About one number of twelve digits in
eleven has a right one by chance: words nearby decide how sure it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import HYPHEN, Folded, digits, goes_on
from jimae.service.personal_data.found import Confidence, Found, Reason
from jimae.service.personal_data.nearby import Nearby, Says

PATTERN: Final = re.compile(
    rf"[0-9](?<![0-9A-Za-z_/.-][0-9])(?<![0-9]ー[0-9])[0-9]{{3}}(?P<gap>(?:{HYPHEN}| )?)"
    r"[0-9]{4}(?P=gap)[0-9]{4}(?![0-9A-Za-z_/-])(?!ー[0-9])(?!\.[0-9])"
)
NEARBY: Final = Nearby(
    r"マイナンバ|マイナ[ 　]?No|ﾏｲﾅﾝﾊﾞ|個人番号|通知カード|my ?number|individual ?number",
    r"番号法|特定個人情報|住民票|源泉徴収|扶養|年末調整|雇用保険|健康保険|本人確認|マイナ",
)
WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(first: str) -> int:
    """The last digit that belongs to the first eleven."""
    rest = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first, strict=True)) % 11
    return 0 if rest <= 1 else 11 - rest


def find(text: Folded) -> Iterator[Found]:
    for match in PATTERN.finditer(text.narrow):
        number = digits(match[0])
        if match["gap"] == " " and goes_on(text.narrow, match.start(), match.end()):
            continue
        if check_digit(number[:11]) != int(number[11]) or len(set(number)) == 1:
            continue
        confidence, why = _judged(NEARBY.says(text, match.start(), match.end()), match["gap"])
        yield Found("my_number", match.start(), match.end(), confidence, ("check_digit", *why))


def _judged(says: Says, gap: str) -> tuple[Confidence, tuple[Reason, ...]]:
    match says:
        case "names":
            return "high", ("context",)
        case "other":
            return "low", ("other_context",)
        case "suggests":
            return "medium", ("weak_context",)
        case _:
            return "low", ("shape",) if gap else ()
