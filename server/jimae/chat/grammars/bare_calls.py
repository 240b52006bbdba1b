"""Calls without a mark: an object at the beginning of an answer or in a fence, as some models
write them whatever their template says.

    {"name": "f", "arguments": {…}}            ```json
                            ^                  {"name": "f", "arguments": {…}}
                            |                  ```                      ^
                            the call has begun, and its arguments keep to the tool's schema

Before this place the text is free, and without a tool's name in it stays so: other JSON is
an answer like any. The parser of these calls (`parsers.json_calls`) takes each of them for one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from jimae.chat.parsers.json_calls import ARGUMENTS, NAMES

_SPACE: Final = r"[ \t\r\n]*"
# Where nothing else limits it: a weak model could write white space for ever.
_GAP: Final = r"[ \t\r\n]{0,16}"
# As the parser finds them: of more than three backquotes, others than the last are meant.
_FENCE: Final = rf"```(json|tool_call|xml)?[ \t\r]*\n{_SPACE}"
_FENCED: Final = rf"(.*[^`])?{_FENCE}"
_NEXT: Final = rf"{_GAP}[,;]?{_GAP}(```{_GAP})?({_FENCE})?"
_NAMED: Final = rf'(\[{_SPACE})?\{{{_SPACE}"({"|".join(NAMES)})"{_SPACE}:{_SPACE}"'

TERMINALS: Final = (
    f"GAP: /{_GAP}/\n",
    f"CLOSE: /{_GAP}\\}}/\n",
    f"LAST: /{_GAP}\\]?{_GAP}(```)?{_GAP}/\n",
)


def rules(names: Sequence[str], *, parallel: bool) -> dict[str, str]:
    """Rules for an answer that begins with a call of one of these tools, or goes on freely:
    `bare`. The arguments of a tool are the part `arguments_N`, where N is its place; `calls` is
    the rule of marked calls, `FREE` any text.

    Which tool it is, is asked behind the quote before its name: one terminal for each whole
    beginning would be more than the lexer can hold of many tools.
    """
    found = {f"named_{index}[lazy]": _up_to_arguments(name) for index, name in enumerate(names)}
    options = (f"named_{index} GAP @arguments_{index} CLOSE" for index in range(len(names)))
    found["bare_call"] = " | ".join(options)
    found["begin[lazy]"] = f"/(?s:({_FENCED}|{_SPACE}){_NAMED})/"
    found["begin_fenced[lazy]"] = f"/(?s:{_FENCED}{_NAMED})/"
    if parallel:
        found["begin_next"] = f"/{_NEXT}{_NAMED}/"
    more = "(begin_next bare_call)*" if parallel else ""
    found["bare_calls"] = f"bare_call {more} LAST"
    found["bare"] = "begin (bare_calls | no_call)"
    found["no_call"] = "FREE | calls | begin_fenced (bare_calls | no_call)"
    return found


def _up_to_arguments(name: str) -> str:
    """What follows the quote before this name in a call, as one terminal."""
    keys = "|".join(ARGUMENTS)
    return rf'/{_literal(json.dumps(name)[1:])}{_SPACE},{_SPACE}"({keys})"{_SPACE}:/'


def _literal(text: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else f"\\x{{{ord(c):x}}}" for c in text)
