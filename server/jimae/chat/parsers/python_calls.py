"""Calls as Python writes them: f(a=1), or a list of such: [f(a=1), g()]."""

from __future__ import annotations

from typing import Any

from jimae.chat.parsers.json_calls import dumps, json_calls
from jimae.chat.parsers.loose_values import identifier, loose_value
from jimae.chat.parsers.marked import Calls
from jimae.chat.parsers.reader import MalformedError, Reading


def python_list(calls: Calls) -> Reading[None]:
    """Read [f(…), g(…)]. A list that does not end in calls only is none."""
    reader = calls.reader
    yield from reader.space()
    yield from reader.expect("[")
    found: list[tuple[str, str]] = []
    while not (yield from reader.accept("]")):
        yield from reader.space()
        found.append((yield from _call(calls)))
        yield from reader.space()
        if not (yield from reader.accept(",")) and (yield from reader.peek()) != "]":
            raise MalformedError
    if not found:
        raise MalformedError
    for name, arguments in found:
        if not calls.enough:
            calls.make(name, arguments)


def json_or_list(calls: Calls) -> Reading[None]:
    """Read JSON calls, or a list of Python's."""
    start = calls.reader.position
    try:
        yield from json_calls(calls)
    except MalformedError:
        calls.reader.position = start
        yield from python_list(calls)


def python_calls(calls: Calls) -> Reading[None]:
    """Read f(…), or several, each on its line, or a list of them."""
    reader = calls.reader
    yield from reader.space()
    if (yield from reader.peek()) == "[":
        yield from python_list(calls)
        return
    printed = yield from reader.accept("print(")
    calls.make(*(yield from _call(calls)))
    if printed:
        yield from reader.accept(")")
    while not calls.enough:
        end = reader.position
        yield from reader.space()
        try:
            calls.make(*(yield from _call(calls)))
        except MalformedError:
            reader.position = end
            return


def _call(calls: Calls) -> Reading[tuple[str, str]]:
    """The name and the arguments, as JSON, of one call."""
    reader = calls.reader
    # Llama writes its own tools as search.call(…).
    name = (yield from identifier(reader)).removesuffix(".call")
    calls.tool(name)
    yield from reader.expect("(")
    arguments: dict[str, Any] = {}
    while True:
        yield from reader.space()
        if (yield from reader.accept(")")):
            return name, dumps(arguments)
        key = yield from identifier(reader)
        yield from reader.space()
        yield from reader.expect("=")
        yield from reader.space()
        arguments[key] = yield from loose_value(reader)
        yield from reader.space()
        if not (yield from reader.accept(",")) and (yield from reader.peek()) != ")":
            raise MalformedError
