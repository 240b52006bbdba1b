"""Qwen 2.5, Qwen 3, Hermes and many that follow them.

    <think>\n…\n</think>\n\ntext\n<tool_call>\n{"name": "f", "arguments": {…}}\n</tool_call>

Qwen2.5-Coder often writes the object in a fence or alone: that is a call too if
it names a tool.
"""

from __future__ import annotations

from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.chat.parsers.fenced import FENCE, fenced_calls
from jimae.chat.parsers.json_calls import json_calls
from jimae.chat.parsers.marked import MarkedParser
from jimae.chat.parsers.tagged import OPEN, tagged_call

THINK = ("<think>", "</think>")
MARKED = {OPEN: tagged_call, FENCE: fenced_calls}
SYNTAX = CallSyntax(
    trigger=OPEN,
    begin='<tool_call>\n{"name": "{name}", "arguments": ',
    end="}\n</tool_call>",
    between="\n",
    also_bare=True,
)


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(turn, reasoning=THINK, marked=MARKED, bare=json_calls)


FAMILY = Family(
    name="hermes",
    parser=parser,
    detect=lambda template, _: OPEN in template and '"arguments"' in template,
    reasoning=THINK,
    syntax=SYNTAX,
    verified_on=("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"),
)
