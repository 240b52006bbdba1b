"""One text for one value: JSON as RFC 8785 (JCS) has it, which any language can write anew.

Keys are sorted by their UTF-16 code units, nothing stands between tokens, and numbers look
as ECMAScript writes them. Where JCS would lose something it is kept as text: whole numbers
beyond 2⁵³, what is no number, and halves of surrogate pairs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, Final

EXACT: Final = 2**53
# ECMA-262, Number::toString: without an exponent up to 10²¹ and down to 10⁻⁶.
LARGEST: Final = 21
SMALLEST: Final = -6


def canonical(value: Any) -> str:
    """Raises TypeError for what is no JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(_whole(value))
        case int():
            return _integer(value)
        case float():
            return _number(value) if math.isfinite(value) else f'"{value}"'
        case Mapping():
            pairs = sorted(
                ((_whole(str(name)), inner) for name, inner in value.items()),
                key=lambda pair: pair[0].encode("utf-16-be"),
            )
            return "{" + ",".join(f"{quoted(name)}:{canonical(of)}" for name, of in pairs) + "}"
        case Sequence() if not isinstance(value, bytes | bytearray):
            return "[" + ",".join(map(canonical, value)) + "]"
        case _:
            raise TypeError(f"{type(value).__name__} is no JSON")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _whole(text: str) -> str:
    """The text with halves of surrogate pairs, which UTF-8 cannot have, written as `\\udcff`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _integer(value: int) -> str:
    """As a number if reading it as a double, and writing that, gives the same again."""
    text = str(value)
    if abs(value) <= EXACT:
        return text
    same = abs(value) < 10**LARGEST and _number(float(value)) == text
    return text if same else f'"{text}"'


def _number(value: float) -> str:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    if digits == (0,):
        return "0"
    assert isinstance(exponent, int)  # noqa: S101  (it is finite)
    minus, text = "-" * sign, "".join(map(str, digits))
    point = len(text) + exponent
    if len(text) <= point <= LARGEST:
        return f"{minus}{text}{'0' * (point - len(text))}"
    if 0 < point <= LARGEST:
        return f"{minus}{text[:point]}.{text[point:]}"
    if SMALLEST < point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{minus}{text[0]}{fraction}e{point - 1:+d}"
