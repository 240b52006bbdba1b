"""Gemma 3: its template knows no tools; it was taught fences of Python or JSON.

    ```tool_code
    f(a=1)
    ```

Told of tools in a system message, it also writes [f(a=1)] or an object.
"""

from __future__ import annotations

from jimae.chat.parsers import hermes
from jimae.chat.parsers.base import Family, Turn
from jimae.chat.parsers.marked import MarkedParser
from jimae.chat.parsers.python_calls import json_or_list


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(turn, marked=hermes.MARKED, bare=json_or_list)


FAMILY = Family(
    name="gemma3",
    parser=parser,
    detect=lambda template, architecture: (
        "<start_of_turn>" in template or architecture.startswith("gemma3")
    ),
    syntax=hermes.SYNTAX,
)
