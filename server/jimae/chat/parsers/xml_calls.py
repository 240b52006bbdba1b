"""Calls as <function=name><parameter=key>value</parameter></function>.

A value is text without quotes; the tool's schema says whether it is a string.
Arguments are passed on one parameter at a time, since only whole values can be
turned into JSON.
"""

from __future__ import annotations

import re
from typing import Any

from jimae.chat.parsers.json_calls import dumps, json_value, loads
from jimae.chat.parsers.marked import Calls
from jimae.chat.parsers.reader import MalformedError, Reading
from jimae.types import Tool

FUNCTION = "<function="
_NAME = re.compile(r"[^<>\n]*")


def xml_call(calls: Calls) -> Reading[None]:
    """Read one call behind `<function=`."""
    reader = calls.reader
    name = yield from _name(calls)
    tool = calls.tool(name)
    yield from reader.space()
    if (yield from reader.peek()) == "{":
        calls.begin(name)
        yield from json_value(reader, calls.answer.arguments)
        yield from _end(calls)
        return
    properties = schema_properties(tool)
    before = "{"
    while True:
        end = reader.position
        yield from reader.space()
        if not (yield from reader.accept("<parameter=")):
            break
        try:
            key = yield from _name(calls)
            value = yield from reader.text_before("</parameter>")
        except MalformedError:
            # Cut short: what there is of the arguments stays unfinished.
            if before == "{":
                raise
            return
        if before == "{":
            calls.begin(name)
        text = f"{before}{dumps(key)}: {value_text(value, properties.get(key))}"
        calls.answer.arguments(text)
        before = ", "
    if before == "{":
        yield from reader.expect("</function>")
        calls.make(name, "{}")
        return
    calls.answer.arguments("}")
    reader.position = end
    yield from _end(calls)


def _name(calls: Calls) -> Reading[str]:
    name = yield from calls.reader.match(_NAME)
    yield from calls.reader.expect(">")
    return name.strip()


def _end(calls: Calls) -> Reading[None]:
    yield from calls.reader.accept_beyond_space("</function>")


def schema_properties(tool: Tool) -> dict[str, Any]:
    schema = loads(tool.parameters)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def value_text(value: str, schema: Any) -> str:
    """The JSON of a value that was written without quotes.

    One line end on each side belongs to the marks. Where the schema allows a
    string, it is one; elsewhere it is the JSON it spells, or else a string too.
    """
    value = value.removeprefix("\r").removeprefix("\n").removesuffix("\n").removesuffix("\r")
    kinds = schema_types(schema)
    if "string" in kinds and not (value == "null" and "null" in kinds):
        return dumps(value)
    bare = value.strip()
    if bare in ("True", "False", "None"):
        bare = {"True": "true", "False": "false", "None": "null"}[bare]
    try:
        found = loads(bare)
    except MalformedError:
        return dumps(value)
    # Without a type, only what cannot be meant as words is taken for JSON.
    return bare if kinds or not isinstance(found, str) else dumps(value)


def schema_types(schema: Any) -> frozenset[str]:
    """The types that a schema allows, as far as it says so itself."""
    if not isinstance(schema, dict):
        return frozenset()
    kind = schema.get("type")
    found = {kind} if isinstance(kind, str) else set(kind) if isinstance(kind, list) else set()
    for key in ("anyOf", "oneOf"):
        for branch in schema.get(key) or ():
            found |= schema_types(branch)
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else ()
    if not found and any(isinstance(value, str) for value in values):
        found.add("string")
    return frozenset(found)
