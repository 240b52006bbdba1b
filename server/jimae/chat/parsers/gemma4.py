"""Gemma 4.

    <|channel>thought\\n…<channel|>text
    <|tool_call>call:f{key:<|"|>text<|"|>,n:1,flag:true,list:[…],object:{k:…}}<tool_call|>

Arguments are turned into JSON at the end of a call.
"""

from __future__ import annotations

from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.chat.parsers.json_calls import dumps
from jimae.chat.parsers.loose_values import identifier, loose_members
from jimae.chat.parsers.marked import Calls, MarkedParser
from jimae.chat.parsers.reader import Reading

OPEN, CLOSE = "<|tool_call>", "<tool_call|>"
THOUGHT = ("<|channel>", "<channel|>")


def _call(calls: Calls) -> Reading[None]:
    reader = calls.reader
    yield from reader.space()
    yield from reader.expect("call:")
    name = yield from identifier(reader)
    calls.tool(name)
    arguments = yield from loose_members(reader)
    calls.make(name, dumps(arguments))
    yield from reader.accept_beyond_space(CLOSE)


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(turn, reasoning=THOUGHT, title="thought\n", marked={OPEN: _call})


FAMILY = Family(
    name="gemma4",
    parser=parser,
    detect=lambda template, _: OPEN in template and '<|"|>' in template,
    needs_special_text=True,
    reasoning=THOUGHT,
    syntax=CallSyntax(trigger=OPEN, begin=OPEN + "call:{name}", end=CLOSE, notation="gemma"),
)
