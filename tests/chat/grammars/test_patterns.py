"""Patterns: what is read alike by everybody, and why the rest is refused."""

from __future__ import annotations

import pytest

from jimae.chat.grammars.patterns import problem


@pytest.mark.parametrize(
    "pattern",
    [
        "", "abc", "^abc$", "a|b", "^(?:a|b)$", "(a|b)$", "(?<year>\\d{4})-(?P<month>\\d\\d)",
        "a{2}b{2,}c{2,3}", "[^a-z\\]\\d]", "[(){}|^$.]", "\\u3042\\x41\\u{1F600}", "\\p{Han}+",
        "^[ぁ-んァ-ヶ一-龠]+$", "\\(\\)\\[\\]\\$\\^",
    ],
)  # fmt: skip
def test_these_can_be_enforced(pattern: str) -> None:
    assert problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a(?=b)", "lookahead"),
        ("a(?!b)", "lookahead"),
        ("(?<=a)b", "lookbehind"),
        ("(?<!a)b", "lookbehind"),
        ("(?i)a", "groups"),
        ("(a)\\1", "backreference"),
        ("(?<x>a)\\k<x>", "backreference"),
        ("\\bword", "word boundary"),
        ("[\\b]", "word boundary"),
        ("a^b", "beginning"),
        ("a$b", "end"),
        ("^a|b", "group"),
        ("a|b$", "group"),
        ("[a&&b]", "&&"),
        ("[a--b]", "--"),
        ("[[:alpha:]]", "inside a character class"),
        ("[]", "different things"),
        ("[^]", "different things"),
        ("a{", "{"),
        ("a{,3}", "{"),
        ("a{x}", "{"),
        ("a{99999}", "repeats"),
        ("a{1,10001}", "repeats"),
        ("\\A", "escape"),
        ("\\", "escape"),
        ("\\u12", "hexadecimal"),
    ],
)
def test_these_are_refused_with_a_reason(pattern: str, reason: str) -> None:
    assert reason in (problem(pattern) or "")
