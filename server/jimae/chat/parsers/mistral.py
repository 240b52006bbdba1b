"""Mistral, Devstral, Ministral, Magistral.

    [TOOL_CALLS][{"name": "f", "arguments": {…}, "id": "abcdefghi"}]
    [TOOL_CALLS]f[ARGS]{…}[TOOL_CALLS]g[ARGS]{…}       also f[CALL_ID]abcdefghi[ARGS]{…}
    [THINK]…[/THINK]

Their templates take ids of nine letters and digits only.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Callable

from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.chat.parsers.json_calls import json_calls, json_value
from jimae.chat.parsers.loose_values import identifier
from jimae.chat.parsers.marked import Calls, MarkedParser
from jimae.chat.parsers.reader import MalformedError, Reading

CALLS, ARGUMENTS = "[TOOL_CALLS]", "[ARGS]"
THINK = ("[THINK]", "[/THINK]")
ID_LETTERS = string.ascii_letters + string.digits
ID_LENGTH = 9

_ID = re.compile(r"[A-Za-z0-9]{9}")
_LETTERS = re.compile(r"[A-Za-z0-9]*")


def new_id() -> str:
    return "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))


def fit_id(call_id: str) -> str:
    """The same nine letters for the same id of another form."""
    if _ID.fullmatch(call_id):
        return call_id
    digest = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).digest()
    return "".join(ID_LETTERS[byte % len(ID_LETTERS)] for byte in digest[:ID_LENGTH])


def _calls(calls: Calls) -> Reading[None]:
    reader = calls.reader
    yield from reader.space()
    if (yield from reader.peek()) in ("[", "{"):
        yield from json_calls(calls)
        return
    name = yield from identifier(reader)
    if (yield from reader.accept("[CALL_ID]")):
        yield from reader.match(_LETTERS)
    yield from reader.accept(ARGUMENTS)
    yield from reader.space()
    if (yield from reader.peek()) != "{":
        raise MalformedError
    calls.begin(name)
    yield from json_value(reader, calls.answer.arguments)


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(turn, reasoning=THINK, marked={CALLS: _calls}, new_id=new_id)


def _family(name: str, detect: Callable[[str], bool], syntax: CallSyntax) -> Family:
    return Family(
        name=name,
        parser=parser,
        detect=lambda template, _: detect(template),
        needs_special_text=True,
        reasoning=THINK,
        syntax=syntax,
        new_id=new_id,
        fit_id=fit_id,
    )


NAMED = _family(
    "mistral-named",
    lambda template: CALLS in template and ARGUMENTS in template,
    CallSyntax(trigger=CALLS, begin=CALLS + "{name}" + ARGUMENTS, end=""),
)
LISTED = _family(
    "mistral",
    lambda template: CALLS in template or "[AVAILABLE_TOOLS]" in template,
    CallSyntax(
        trigger=CALLS,
        first=CALLS + "[",
        begin='{"name": "{name}", "arguments": ',
        end="}",
        between=", ",
        last="]",
    ),
)
