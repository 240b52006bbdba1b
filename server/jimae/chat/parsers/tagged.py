"""Calls between <tool_call> and </tool_call>, in JSON or in XML."""

from __future__ import annotations

from jimae.chat.parsers.json_calls import json_calls
from jimae.chat.parsers.marked import Calls
from jimae.chat.parsers.reader import Reading
from jimae.chat.parsers.xml_calls import FUNCTION, xml_call

OPEN, CLOSE = "<tool_call>", "</tool_call>"


def tagged_call(calls: Calls) -> Reading[None]:
    """Read what stands behind <tool_call>, up to its end mark if it has one."""
    reader = calls.reader
    yield from reader.space()
    if (yield from reader.accept(FUNCTION)):
        yield from xml_call(calls)
    else:
        yield from json_calls(calls)
    yield from reader.accept_beyond_space(CLOSE)
