"""The canonical text: RFC 8785, and what it cannot say."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.audit.canonical import EXACT, canonical

# https://www.rfc-editor.org/rfc/rfc8785#appendix-B
NUMBERS = {
    0.0: "0",
    5e-324: "5e-324",
    -5e-324: "-5e-324",
    1.7976931348623157e308: "1.7976931348623157e+308",
    9007199254740992.0: "9007199254740992",
    295147905179352830000.0: "295147905179352830000",
    9.999999999999997e22: "9.999999999999997e+22",
    1e23: "1e+23",
    1.0000000000000001e23: "1.0000000000000001e+23",
    999999999999999700000.0: "999999999999999700000",
    1e21: "1e+21",
    9.999999999999997e-7: "9.999999999999997e-7",
    0.000001: "0.000001",
    333333333.3333332: "333333333.3333332",
    0.1: "0.1",
    1e-27: "1e-27",
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-EXACT, EXACT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(("number", "text"), NUMBERS.items())
def test_numbers_as_the_rfc_writes_them(number: float, text: str) -> None:
    assert canonical(number) == text
    assert canonical(-number) == ("0" if number == 0 else f"-{text}").replace("--", "")


def test_keys_are_sorted_by_utf_16() -> None:
    """The RFC's own example: the emoji comes before U+FB33, whose code point is smaller."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(keys, 0)))) == ordered


def test_controls_are_escaped_and_nothing_else() -> None:
    assert canonical('\0\b\t\n\f\r\x1f"\\/\x7f\u2028日本') == (
        r'"\u0000\b\t\n\f\r\u001f\"\\/' + '\x7f\u2028日本"'
    )


@given(JSON)
def test_what_it_says_is_what_was_given(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text, parse_int=float) == value
    assert canonical(json.loads(text)) == text, "it is the same however often it is read"
    assert text == canonical(json.loads(json.dumps(value))), "the order of keys does not matter"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (EXACT + 1, '"9007199254740993"'),
        (EXACT + 2, "9007199254740994"),
        (10**30, '"1000000000000000000000000000000"'),
        (math.nan, '"nan"'),
        (-math.inf, '"-inf"'),
        ("a\udcffb", r'"a\\udcffb"'),
    ],
)
def test_what_json_cannot_say_is_said_as_text(value: object, text: str) -> None:
    assert canonical(value) == text
    assert canonical(json.loads(text)) == text


def test_what_is_no_json_is_refused() -> None:
    for value in (b"bytes", {1, 2}, object()):
        with pytest.raises(TypeError, match="is no JSON"):
            canonical({"inside": [value]})
