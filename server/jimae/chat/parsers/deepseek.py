"""DeepSeek V3, R1 and V3.1.

<｜tool▁calls▁begin｜>
  <｜tool▁call▁begin｜>function<｜tool▁sep｜>f\\n```json\\n{…}\\n```<｜tool▁call▁end｜>   V3, R1
  <｜tool▁call▁begin｜>f<｜tool▁sep｜>{…}<｜tool▁call▁end｜>                          V3.1
<｜tool▁calls▁end｜>
"""

from __future__ import annotations

import re

from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.chat.parsers.hermes import THINK
from jimae.chat.parsers.json_calls import json_value
from jimae.chat.parsers.marked import Calls, MarkedParser
from jimae.chat.parsers.reader import MalformedError, Reading

ALL, ALL_END = "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"
CALL, CALL_END = "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"
SEPARATOR = "<｜tool▁sep｜>"

_NAME = re.compile(r"[^<\n`{]*")


def _calls(calls: Calls) -> Reading[None]:
    reader = calls.reader
    yield from reader.space()
    yield from reader.accept(CALL)
    yield from _call(calls)
    while not calls.enough:
        end = reader.position
        yield from reader.space()
        try:
            yield from reader.expect(CALL)
            yield from _call(calls)
        except MalformedError:
            reader.position = end
            break
    yield from reader.accept_beyond_space(ALL_END)


def _call(calls: Calls) -> Reading[None]:
    reader = calls.reader
    name = (yield from reader.match(_NAME)).strip()
    yield from reader.expect(SEPARATOR)
    if name == "function" and (yield from reader.peek()) != "{":
        name = (yield from reader.match(_NAME)).strip()
    yield from reader.space()
    fenced = yield from reader.accept("```json")
    yield from reader.space()
    if (yield from reader.peek()) != "{":
        raise MalformedError
    calls.begin(name)
    yield from json_value(reader, calls.answer.arguments)
    if fenced:
        yield from reader.accept_beyond_space("```")
    yield from reader.accept_beyond_space(CALL_END)


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(turn, reasoning=THINK, marked={ALL: _calls, CALL: _calls})


def _syntax(begin: str, end: str) -> CallSyntax:
    return CallSyntax(
        trigger=ALL,
        first=ALL,
        begin=CALL + begin,
        end=end + CALL_END,
        last=ALL_END,
    )


V3_1 = Family(
    name="deepseek-v3.1",
    parser=parser,
    detect=lambda template, _: CALL in template and "```json" not in template,
    needs_special_text=True,
    reasoning=THINK,
    syntax=_syntax("{name}" + SEPARATOR, ""),
)
V3 = Family(
    name="deepseek",
    parser=parser,
    detect=lambda template, _: CALL in template,
    needs_special_text=True,
    reasoning=THINK,
    syntax=_syntax("function" + SEPARATOR + "{name}\n```json\n", "\n```"),
)
