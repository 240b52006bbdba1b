"""Telephone numbers of Japan: fixed, mobile, IP, toll-free; with +81 too.

The numbering plan (総務省 電気通信番号計画): after the leading 0, nine digits, or ten for
mobile and IP telephones and 0800. A fixed line's area code and exchange have five digits
together, wherever the hyphen stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import HYPHEN, Folded, digits, goes_on
from jimae.service.personal_data.found import Confidence, Found, Reason
from jimae.service.personal_data.nearby import Nearby

_JOIN: Final = rf"(?: ?{HYPHEN} ?| )"
DOMESTIC: Final = re.compile(
    r"0(?<![0-9A-Za-z_/.+-]0)(?<![0-9]ー0)(?<![0-9]\(0)(?:"
    rf"[0-9]{{1,4}}(?:(?P<join>{_JOIN})[0-9]{{1,4}}(?P=join)|[()] ?[0-9]{{1,4}}[)-] ?)[0-9]{{3,4}}"
    rf"|[0-9]{{2,3}}{HYPHEN}[0-9]{{6,8}}"
    r"|[0-9]{9,10})(?![0-9A-Za-z_-])(?!ー[0-9])(?!\.[0-9])"
)
INTERNATIONAL: Final = re.compile(
    rf"\+81(?:{HYPHEN}| )?(?:\(0\)|0)?(?:{HYPHEN}| )?[1-9](?:[0-9]{{8,9}}"
    rf"|[0-9]{{0,3}}(?:{HYPHEN}| )[0-9]{{1,4}}(?:{HYPHEN}| )[0-9]{{3,4}})"
    r"(?![0-9A-Za-z_-])(?!ー[0-9])"
)
GROUP: Final = re.compile(r"[0-9]+")
NEARBY: Final = Nearby(
    r"電話|℡|☎|📞|連絡先|携帯|ケータイ|スマホ|直通|内線|代表|FAX|ファ[ック]+ス|ﾌｧｯｸｽ|フリーダイヤル"
    r"|(?<![a-z])(?:tel|phone|mobile|mob|call)(?![a-z])"
)


def find(text: Folded) -> Iterator[Found]:
    for match in DOMESTIC.finditer(text.narrow):
        groups = GROUP.findall(match[0])
        if not is_assigned("".join(groups)) or not _is_grouped(groups):
            continue
        start = match.start()
        if match["join"] == " " and goes_on(text.narrow, start, match.end()):
            continue
        if text.narrow[start - 1 : start] == "(" and ")" in match[0]:
            start -= 1
        confidence, why = _judged(text, match, len(groups))
        yield Found("phone", start, match.end(), confidence, why)
    for match in INTERNATIONAL.finditer(text.narrow):
        number = digits(match[0])[2:]
        if is_assigned(f"0{number.removeprefix('0')}"):
            yield Found("phone", match.start(), match.end(), "high", ("shape",))


def is_assigned(number: str) -> bool:
    """Whether a number with its leading 0 can be one of the plan."""
    if number[1] == "0":
        return False
    if number[:3] in ("050", "060", "070", "080", "090") or number[:4] == "0800":
        return len(number) == 11 and number[3:] != "0" * 8
    return len(number) == 10 and number[2:] != "0" * 8


def _is_grouped(groups: list[str]) -> bool:
    """Whether the hyphens stand where they do in telephone numbers."""
    lengths = tuple(map(len, groups))
    match lengths:
        case (_,):
            return True
        case (3, 8) | (4, 6):
            return True
        case (3, 4, 4) | (4, 3, 4):
            return len("".join(groups)) == 11
        case (4, 3, 3):
            return groups[0] in ("0120", "0570", "0990", "0180")
        case (area, exchange, 4):
            return area + exchange == 6
        case _:
            return False


def _judged(
    text: Folded, match: re.Match[str], groups: int
) -> tuple[Confidence, tuple[Reason, ...]]:
    says = NEARBY.says(text, match.start(), match.end())
    if says == "names":
        return "high", ("context",)
    if says == "other":
        return "low", ("other_context",)
    if match["join"] == " ":
        return "medium", ("shape",)
    if groups > 1:
        return "high", ("shape",)
    # Eleven digits in a row with the beginning of a mobile telephone are hardly anything else.
    return ("medium" if len(match[0]) == 11 else "low"), ("shape",)
