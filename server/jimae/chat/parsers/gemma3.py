"""Gemma 3: its template knows no tools; it was taught fences of Python or JSON.

    ```tool_code
    f(a=1)
    ```

Told of tools in a system message, it also writes [f(a=1)] or an object.
"""

from __future__ import annotations

from jimae.chat.parsers import hermes
from jimae.chat.parsers.base import Family, Turn
from jimae.chat.parsers.json_calls import json_calls
from jimae.chat.parsers.marked import Calls, MarkedParser
from jimae.chat.parsers.python_calls import python_list
from jimae.chat.parsers.reader import MalformedError, Reading


def _bare(calls: Calls) -> Reading[None]:
    start = calls.reader.position
    try:
        yield from json_calls(calls)
    except MalformedError:
        calls.reader.position = start
        yield from python_list(calls)


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(turn, marked=hermes.MARKED, bare=_bare)


FAMILY = Family(
    name="gemma3",
    parser=parser,
    detect=lambda template, architecture: (
        "<start_of_turn>" in template or architecture.startswith("gemma3")
    ),
    syntax=hermes.SYNTAX,
)
