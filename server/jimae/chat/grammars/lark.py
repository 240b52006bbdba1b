"""Grammars that callers write in Lark, as far as they are let through.

Refused: tokens by their name or number (an answer could be made to hold marks that
only a template may write), grammars that are not in the text, options that the
sampler here does not follow, and what matches bytes that are no text. Schemas in it are
held to the same rules as others.
"""

from __future__ import annotations

import json
import re

from jimae.chat.grammars import json_schema, limits
from jimae.chat.grammars.part import LARK_OPTIONS, Part
from jimae.errors import JimaeError

_TOKENS = re.compile(
    r"""
      (?P<text>"(?:\\.|[^"\\\n])*"i?)
    | (?P<comment>(?:\#|//)[^\n]*)
    | (?P<regex>/(?:\\.|[^/\\\n])+/[imslux]*)
    | (?P<special><[^<>\s]+>)
    | (?P<reference>@[\w-]*)
    | (?P<directive>%[a-z]+)
    | (?P<option>\b(?:stop|stop_capture|temperature|max_tokens)\s*=)
    | (?P<negation>~)
    """,
    re.VERBOSE,
)
_REFUSED = {
    "special": "tokens such as {0} cannot be asked for; write the text that is wanted",
    "reference": "{0} refers to another grammar; there is only this one",
    "option": "{0} is not followed here; limit the request instead",
    "negation": "~ can match what is no text; write what is allowed",
}
_DIRECTIVES = ("%import", "%ignore", "%json", "%llguidance")
_NOT_UNICODE = re.compile(r"\(\?[a-z]*-[a-z]*u")


def part(text: str, kind: str) -> Part:
    """Check a Lark grammar. `kind` is what its author calls it. Raises invalid_grammar."""
    limits.check_size(text, limits.MAX_NOTATION)
    limits.check_depth(text)
    pieces = [LARK_OPTIONS]
    at = 0
    while found := _TOKENS.search(text, at):
        pieces.append(text[at : found.start()])
        at = found.end()
        token = found.group()
        if found.lastgroup in _REFUSED:
            raise invalid(kind, _REFUSED[found.lastgroup].format(token))
        limits.check_text(token)
        if found.lastgroup == "regex":
            check_regex(token, kind)
        if found.lastgroup == "directive":
            token, at = _directive(text, token, at, kind)
        pieces.append(token)
    pieces.append(text[at:])
    return Part("lark_grammar", "".join(pieces))


def check_regex(regex: str, kind: str) -> None:
    if _NOT_UNICODE.search(regex):
        raise invalid(kind, "(?-u) matches bytes that are no text")


def invalid(kind: str, reason: str) -> JimaeError:
    return JimaeError("invalid_grammar", kind=kind, reason=reason)


def _directive(text: str, name: str, at: int, kind: str) -> tuple[str, int]:
    """What is written for a directive that stands before `at`, and where it ends."""
    if name not in _DIRECTIVES:
        raise invalid(kind, f"{name} is none of {', '.join(_DIRECTIVES)}")
    if name in ("%import", "%ignore"):
        return name, at
    begin = at + len(text[at:]) - len(text[at:].lstrip())
    try:
        value, end = json.JSONDecoder().raw_decode(text, begin)
    except ValueError as error:
        raise invalid(kind, f"behind {name} there is no JSON: {error}") from None
    if name == "%llguidance":
        if value != {}:
            raise invalid(kind, "%llguidance takes no options here")
        return "", end
    schema = json_schema.from_text(text[begin:end])
    return f"%json {json.dumps(schema.body, ensure_ascii=False)}", end
