"""Values in notations near JSON: Python's literals and Gemma's own.

    'text' "text" <|"|>text<|"|>   12  -0.5  True true None null   [a, b] (a, b) {k: v}

They are read whole and turned into JSON at the end of a call.
"""

from __future__ import annotations

import re
from typing import Any

from jimae.chat.parsers.json_calls import loads
from jimae.chat.parsers.reader import MalformedError, Reader, Reading

GEMMA_QUOTE = '<|"|>'
MAX_DEPTH = 64

_WORD = re.compile(r"[^\s,:=()\[\]{}<>\"']*")
_WORDS: dict[str, Any] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
    "none": None,
}
_NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_ESCAPE = re.compile(
    r"\\(?:\r?\n|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "a": "\a", "v": "\v"}
_BRACKETS = {"[": "]", "(": ")"}


def loose_value(reader: Reader, depth: int = 0) -> Reading[Any]:
    """Read one value. Raises MalformedError."""
    if depth > MAX_DEPTH:
        raise MalformedError
    character = yield from reader.peek()
    if character == "{":
        return (yield from loose_members(reader, depth))
    if character in ("[", "("):
        return (yield from _items(reader, _BRACKETS[character], depth))
    text = yield from _quoted(reader)
    if text is not None:
        return text
    word = yield from reader.match(_WORD)
    if word in _WORDS:
        return _WORDS[word]
    if _NUMBER.fullmatch(word):
        return _number(word.replace("_", ""))
    raise MalformedError


def loose_members(reader: Reader, depth: int = 0) -> Reading[dict[str, Any]]:
    """Read {key: value, …}; keys may stand without quotes."""
    members: dict[str, Any] = {}
    yield from reader.expect("{")
    while True:
        yield from reader.space()
        if (yield from reader.accept("}")):
            return members
        key = yield from _quoted(reader)
        if key is None:
            key = yield from reader.match(_WORD)
        if not key:
            raise MalformedError
        yield from reader.space()
        yield from reader.expect(":")
        yield from reader.space()
        members[key] = yield from loose_value(reader, depth + 1)
        yield from _separator(reader, "}")


def _items(reader: Reader, end: str, depth: int) -> Reading[list[Any]]:
    items: list[Any] = []
    reader.position += 1
    while True:
        yield from reader.space()
        if (yield from reader.accept(end)):
            return items
        items.append((yield from loose_value(reader, depth + 1)))
        yield from _separator(reader, end)


def _separator(reader: Reader, end: str) -> Reading[None]:
    yield from reader.space()
    if not (yield from reader.accept(",")) and (yield from reader.peek()) != end:
        raise MalformedError


def _quoted(reader: Reader) -> Reading[str | None]:
    """A string in any of the quotes; None if there is none here."""
    if (yield from reader.accept(GEMMA_QUOTE)):
        return (yield from reader.text_before(GEMMA_QUOTE))
    quote = yield from reader.peek()
    if quote not in ("'", '"'):
        return None
    if not (yield from reader.accept(quote * 3)):
        yield from reader.expect(quote)
    else:
        quote *= 3
    pieces: list[str] = []
    while not (yield from reader.accept(quote)):
        character = yield from reader.peek()
        if not character:
            raise MalformedError
        reader.position += 1
        pieces.append(character)
        if character == "\\":
            escaped = yield from reader.peek()
            reader.position += len(escaped)
            pieces.append(escaped)
    text = _ESCAPE.sub(_unescape, "".join(pieces))
    # Escapes may spell a pair of surrogates: one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        point = int(code, 16)
        return chr(point) if point <= 0x10FFFF else "\ufffd"
    named = found[4]
    if named is None:
        return ""
    if named in _NAMED:
        return _NAMED[named]
    return named if named in "\\'\"/" else found[0]


def _number(word: str) -> int | float:
    try:
        value = loads(word)
    except MalformedError:
        value = float(word)
    if not isinstance(value, int | float) or value in (float("inf"), float("-inf")):
        raise MalformedError
    return value


def identifier(reader: Reader) -> Reading[str]:
    """A name as calls have it. Raises MalformedError if there is none."""
    name = yield from reader.match(_WORD)
    if not name:
        raise MalformedError
    return name
