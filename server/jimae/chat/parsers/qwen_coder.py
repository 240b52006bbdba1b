"""Qwen3-Coder and Qwen 3.5.

<tool_call>
<function=f>
<parameter=key>
value
</parameter>
</function>
</tool_call>
"""

from __future__ import annotations

from jimae.chat.parsers.base import CallSyntax, Family, Turn
from jimae.chat.parsers.hermes import THINK
from jimae.chat.parsers.json_calls import json_calls
from jimae.chat.parsers.marked import Calls, MarkedParser
from jimae.chat.parsers.reader import Reading
from jimae.chat.parsers.tagged import CLOSE, OPEN, tagged_call
from jimae.chat.parsers.xml_calls import FUNCTION, xml_call


def _function(calls: Calls) -> Reading[None]:
    """Qwen3-Coder sometimes leaves the mark out in front, but not behind."""
    yield from xml_call(calls)
    yield from calls.reader.accept_beyond_space(CLOSE)


def parser(turn: Turn) -> MarkedParser:
    return MarkedParser(
        turn,
        reasoning=THINK,
        marked={OPEN: tagged_call, FUNCTION: _function},
        bare=json_calls,
    )


FAMILY = Family(
    name="qwen-coder",
    parser=parser,
    detect=lambda template, _: FUNCTION in template and "<parameter=" in template,
    reasoning=THINK,
    syntax=CallSyntax(
        trigger=OPEN,
        begin="<tool_call>\n<function={name}>\n",
        end="</function>\n</tool_call>",
        between="\n",
        notation="xml",
    ),
)
