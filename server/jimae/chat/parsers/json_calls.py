"""Calls as JSON objects: {"name": …, "arguments": {…}}, alone, in a row or in a list.

The arguments are passed on as they are written, byte for byte, once the name is
known; keys that come in another order wait for it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from jimae.chat.parsers.marked import Calls
from jimae.chat.parsers.reader import MalformedError, Reader, Reading, Sink

NAMES = ("name", "function", "tool_name")
ARGUMENTS = ("arguments", "parameters", "args")
BESIDE = ("type", "id", "index")
"""Keys that calls have in conversations. With any other, an object is no call."""

_STRING_TEXT = re.compile(r'[^"\\]*')
_OUTSIDE = re.compile(r"[^\"{}\[\]<>`;]*")
_SCALAR = re.compile(r"[-+.0-9a-zA-Z]*")
_BRACKETS = {"{": "}", "[": "]"}


def json_value(reader: Reader, sink: Sink) -> Reading[bool]:
    """Give the text of a JSON value to `sink` as it arrives; False if it does not end.

    Brackets and strings are followed; what else is written is not judged.
    """
    open_brackets: list[str] = []
    while True:
        character = yield from reader.peek()
        if character == '"':
            if not (yield from _string_text(reader, sink)):
                return False
        elif character in _BRACKETS and character:
            open_brackets.append(_BRACKETS[character])
            reader.position += 1
            sink(character)
        elif open_brackets and character == open_brackets[-1]:
            open_brackets.pop()
            reader.position += 1
            sink(character)
        elif open_brackets:
            before = reader.position
            yield from reader.pass_on(_OUTSIDE, sink)
            if reader.position == before:
                return False
        else:
            return bool((yield from _scalar(reader, sink)))
        if not open_brackets:
            return True


def _scalar(reader: Reader, sink: Sink) -> Reading[str]:
    text = yield from reader.match(_SCALAR)
    sink(text)
    return text


def _string_text(reader: Reader, sink: Sink) -> Reading[bool]:
    """Give a string with its quotes and escapes to `sink`; False if the text ends in it."""
    reader.position += 1
    sink('"')
    while True:
        yield from reader.pass_on(_STRING_TEXT, sink)
        character = yield from reader.peek()
        if not character:
            return False
        reader.position += 1
        if character == '"':
            sink(character)
            return True
        escaped = yield from reader.peek()
        reader.position += len(escaped)
        sink(character + escaped)


def json_text(reader: Reader) -> Reading[str]:
    """The text of a whole JSON value. Raises MalformedError if it does not end."""
    pieces: list[str] = []
    if not (yield from json_value(reader, pieces.append)):
        raise MalformedError
    return "".join(pieces)


def _json_string(reader: Reader) -> Reading[str]:
    if (yield from reader.peek()) != '"':
        raise MalformedError
    value = loads((yield from json_text(reader)))
    if not isinstance(value, str):
        raise MalformedError
    return value


def loads(text: str) -> Any:
    """The value of a JSON text. Raises MalformedError; line ends in strings are let pass."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise MalformedError from None


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def json_calls(calls: Calls) -> Reading[None]:
    """Read an object, several in a row, or a list of them."""
    reader = calls.reader
    yield from reader.space()
    listed = yield from reader.accept("[")
    yield from reader.space()
    yield from json_call(calls)
    while not calls.enough:
        end = reader.position
        yield from reader.space()
        if listed and (yield from reader.accept("]")):
            return
        for separator in (",", ";"):
            if (yield from reader.accept(separator)):
                yield from reader.space()
                break
        try:
            yield from json_call(calls)
        except MalformedError:
            reader.position = end
            return


def json_call(calls: Calls) -> Reading[None]:
    """Read one object. Raises MalformedError if it names no tool or has no such form.

    Once the arguments have begun it never raises: what follows is left to be read.
    """
    reader = calls.reader
    yield from reader.expect("{")
    # One published template shows its braces doubled, and its model repeats it.
    doubled = yield from reader.accept("{")
    name: str | None = None
    arguments: str | None = None
    before = calls.answer.calls
    while True:
        yield from reader.space()
        key = yield from _json_string(reader)
        yield from reader.space()
        yield from reader.expect(":")
        yield from reader.space()
        if key == "function" and (yield from reader.peek()) == "{":
            yield from json_call(calls)
        elif key in NAMES:
            name = yield from _json_string(reader)
            calls.tool(name)
        elif key in ARGUMENTS:
            if name is not None and (yield from reader.peek()) == "{":
                calls.begin(name)
                yield from json_value(reader, calls.answer.arguments)
            else:
                arguments = object_text((yield from json_text(reader)))
        elif key in BESIDE:
            yield from json_text(reader)
        else:
            raise MalformedError
        begun = calls.answer.calls > before
        if begun:
            yield from _rest(reader)
            break
        yield from reader.space()
        if not (yield from reader.accept(",")):
            yield from reader.expect("}")
            break
    if calls.answer.calls == before:
        if name is None:
            raise MalformedError
        calls.make(name, arguments if arguments is not None else "{}")
    if doubled:
        yield from reader.accept("}")


def _rest(reader: Reader) -> Reading[None]:
    """Take what follows the arguments in their object, if it is what should."""
    while True:
        end = reader.position
        try:
            yield from reader.space()
            if not (yield from reader.accept(",")):
                yield from reader.expect("}")
                return
            yield from reader.space()
            yield from _json_string(reader)
            yield from reader.space()
            yield from reader.expect(":")
            yield from reader.space()
            yield from json_text(reader)
        except MalformedError:
            reader.position = end
            return


def object_text(text: str) -> str:
    """Arguments that were written as a string, or as null, as the text of an object."""
    value = loads(text)
    if isinstance(value, str):
        text, value = value, loads(value or "{}")
        text = text or "{}"
    if value is None:
        return "{}"
    if not isinstance(value, dict):
        raise MalformedError
    return text
