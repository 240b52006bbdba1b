"""Regular expressions of schemas: the subset that ECMA-262 and llguidance read alike.

llguidance takes the syntax of Rust's regex crate. What the two would read
differently, or what needs to look around, is refused with its reason.
"""

from __future__ import annotations

import re

_LOOKS = {"(?=": "lookahead", "(?!": "lookahead", "(?<=": "lookbehind", "(?<!": "lookbehind"}
_ESCAPES = frozenset("dDwWsSnrtfvpPux")
_NAMED_GROUP = re.compile(r"\(\?P?<[A-Za-z_]\w*>")
_HEX = {
    "u": re.compile(r"u(?:[0-9A-Fa-f]{4}|\{[0-9A-Fa-f]{1,6}\})"),
    "x": re.compile(r"x[0-9A-Fa-f]{2}"),
}
_BRACED = re.compile(r"\\[pPu]\{\w+\}")
_REPEAT = re.compile(r"\{(?:(\d+)(?:,(\d*))?)?")
MAX_REPEAT = 10_000


def problem(pattern: str) -> str | None:
    """Why a pattern cannot be enforced as it is meant; None if it can."""
    at = 0
    inside = False  # of a character class
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            reason = _escape(pattern, at + 1)
            braced = _BRACED.match(pattern, at)
            at = braced.end() if braced else at + 2
        elif inside:
            reason = _in_class(pattern, at)
            inside = char != "]"
            at += 1
        else:
            reason = _outside(pattern, at)
            at += 1
            if char == "[":
                inside = True
                at += pattern.startswith("^", at)
                if pattern.startswith("]", at):
                    reason = "[] and [^] mean different things in different engines"
        if reason:
            return reason
    if _alternates_beside_an_anchor(pattern):
        return "| beside ^ or $ needs a group, as in ^(?:a|b)$"
    return None


def _escape(pattern: str, at: int) -> str | None:
    char = pattern[at : at + 1]
    if char in ("b", "B"):
        return f"\\{char} (a word boundary) looks around"
    if char.isdigit() or char == "k":
        return f"\\{char} (a backreference) is not regular"
    if char in _HEX and not _HEX[char].match(pattern, at):
        return f"\\{char} lacks its hexadecimal digits"
    if not char or (char.isalpha() and char not in _ESCAPES) or not char.isascii():
        return f"\\{char} is not an escape that is known"
    return None


def _in_class(pattern: str, at: int) -> str | None:
    if pattern[at] == "[":
        return "[ inside a character class is written \\["
    for operator in ("&&", "--", "~~"):
        if pattern.startswith(operator, at):
            return f"{operator} inside a character class is written \\{operator[0]}\\{operator[1]}"
    return None


def _outside(pattern: str, at: int) -> str | None:
    char = pattern[at]
    if char == "(" and pattern.startswith("(?", at):
        for look, name in _LOOKS.items():
            if pattern.startswith(look, at):
                return f"{look} ({name}) looks around"
        if not pattern.startswith("(?:", at) and not _NAMED_GROUP.match(pattern, at):
            return "of groups only (…), (?:…) and (?<name>…) are known"
    if char == "^" and at > 0:
        return "^ is known only at the beginning"
    if char == "$" and at < len(pattern) - 1:
        return "$ is known only at the end"
    if char == "{":
        return _repeat(pattern, at)
    return None


def _repeat(pattern: str, at: int) -> str | None:
    found = _REPEAT.match(pattern, at)
    if not found or found[1] is None or not pattern.startswith("}", found.end()):
        return "{ that is no {n}, {n,} or {n,m} is written \\{"
    if max(int(number[:9] or 0) for number in found.groups("")) > MAX_REPEAT:
        return f"it repeats more than {MAX_REPEAT} times"
    return None


def _alternates_beside_an_anchor(pattern: str) -> bool:
    """Whether `^` or `$` would belong to only one of the alternatives."""
    bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "_", pattern, flags=re.DOTALL)
    depth = 0
    for char in bare:
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            return bare.startswith("^") or bare.endswith("$")
    return False
