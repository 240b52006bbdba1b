"""Llama 3.1 to 3.3 and Llama 4.

{"name": "f", "parameters": {…}}                 alone, several with ; between them
<|python_tag|>{"name": …} | search.call(query="…")
<function=f>{…}</function>
<|python_start|>[f(a=1), g()]<|python_end|>      Llama 4, also without the marks
"""

from __future__ import annotations

from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.chat.parsers.json_calls import json_calls
from jimae.chat.parsers.marked import Calls, MarkedParser
from jimae.chat.parsers.python_calls import json_or_list, python_calls
from jimae.chat.parsers.reader import MalformedError, Reading
from jimae.chat.parsers.xml_calls import FUNCTION, xml_call


def _either(calls: Calls) -> Reading[None]:
    """JSON or Python, and the mark behind it."""
    reader = calls.reader
    start = reader.position
    try:
        yield from json_calls(calls)
    except MalformedError:
        reader.position = start
        yield from python_calls(calls)
    yield from reader.accept_beyond_space("<|python_end|>")


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(
        turn,
        marked={"<|python_tag|>": _either, "<|python_start|>": _either, FUNCTION: xml_call},
        bare=json_or_list,
    )


FAMILY = Family(
    name="llama",
    parser=parser,
    detect=lambda template, _: (
        "<|python_tag|>" in template
        or "<|python_start|>" in template
        or ("<|start_header_id|>" in template and '"parameters"' in template)
    ),
    needs_special_text=True,
    syntax=CallSyntax(
        trigger='{"name": "',
        begin='{"name": "{name}", "parameters": ',
        end="}",
        between="; ",
    ),
)
