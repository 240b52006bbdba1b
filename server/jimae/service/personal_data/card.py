"""Numbers of payment cards: a known issuer's beginning and length, and Luhn's check digit
(ISO/IEC 7812-1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from jimae.service.personal_data.folding import HYPHEN, Folded, digits
from jimae.service.personal_data.found import Confidence, Found, Reason
from jimae.service.personal_data.nearby import Nearby, Says

_GAP: Final = f"(?:{HYPHEN}| )"
PATTERN: Final = re.compile(
    r"[2-6](?<![0-9A-Za-z_/.-][2-6])(?<![0-9]ー[2-6])(?:"
    rf"[0-9]{{3}}(?P<gap>{_GAP})(?:[0-9]{{4}}(?P=gap)[0-9]{{4}}(?P=gap)[0-9]{{4}}"
    r"(?:(?P=gap)[0-9]{3})?|[0-9]{6}(?P=gap)[0-9]{4,5})"
    r"|[0-9]{12,18})(?![0-9A-Za-z_/-])(?!ー[0-9])(?!\.[0-9])"
)
NEARBY: Final = Nearby(
    r"カード|クレジット|クレカ|card|credit|visa|master ?card|jcb|amex|american express|diners"
    r"|discover|有効期限|セキュリティ ?コード|名義|決済|cvv|cvc"
)

# First digits (from, to), and the lengths of those numbers.
ISSUERS: Final = (
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("3528", "3589", (16, 17, 18, 19)),  # JCB
    ("300", "305", (14, 16, 19)),  # Diners Club
    ("3095", "3095", (14, 16, 19)),
    ("36", "36", (14, 16, 19)),
    ("38", "39", (14, 16, 19)),
    ("6011", "6011", (16, 19)),  # Discover
    ("644", "659", (16, 19)),
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def passes_luhn(number: str) -> bool:
    values = [int(digit) for digit in reversed(number)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def is_issued(number: str) -> bool:
    """Whether some issuer's numbers begin so and are as long."""
    return any(
        low <= number[: len(low)] <= high and len(number) in lengths
        for low, high, lengths in ISSUERS
    )


def find(text: Folded) -> Iterator[Found]:
    for match in PATTERN.finditer(text.narrow):
        number = digits(match[0])
        if not is_issued(number) or not passes_luhn(number):
            continue
        confidence, why = _judged(NEARBY.says(text, match.start(), match.end()), match["gap"])
        yield Found("card", match.start(), match.end(), confidence, ("check_digit", *why))


def _judged(says: Says, gap: str | None) -> tuple[Confidence, tuple[Reason, ...]]:
    if says == "names":
        return "high", ("context",)
    if gap:
        return "high", ("shape",)
    if says == "other":
        return "low", ("other_context",)
    return "medium", ()
