"""The forms that a request can ask for, as grammars. Pure, but for reading GBNF."""

from __future__ import annotations

import re

from jimae.chat.grammars import json_schema, lark, limits
from jimae.chat.grammars.part import LARK_OPTIONS, Part
from jimae.llama import gbnf
from jimae.types import Grammar


def content(grammar: Grammar) -> Part:
    """What an answer's content is held to. Raises a JimaeError of status 400."""
    match grammar.kind:
        case "json_object":
            return json_schema.any_object()
        case "json_schema":
            return json_schema.from_text(grammar.source)
        case "regex":
            return _regex(grammar.source)
        case "lark":
            return lark.part(grammar.source, "Lark")
        case "gbnf":
            return _gbnf(grammar.source)


def _regex(source: str) -> Part:
    limits.check_text(source)
    limits.check_depth(source)
    lark.check_regex(source, "regex")
    if not source:
        raise lark.invalid("regex", "it is empty")

    def quote(found: re.Match[str]) -> str:
        return {"/": "\\/", "\n": "\\n", "\r": "\\r"}.get(found.group(), found.group())

    body = re.sub(r"\\.|[/\n\r]", quote, source, flags=re.DOTALL)
    return Part("lark_grammar", f"{LARK_OPTIONS}start: ANSWER\nANSWER: /{body}/\n")


def _gbnf(source: str) -> Part:
    limits.check_size(source, limits.MAX_NOTATION)
    limits.check_depth(source)
    try:
        text = gbnf.to_lark(source)
    except ValueError as error:
        raise lark.invalid("GBNF", str(error)) from None
    return lark.part(text, "GBNF")
