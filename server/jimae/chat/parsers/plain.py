"""Models whose template knows no tools: they are told of them in a system message.

See `jimae.chat.conversation`. They are asked for <tool_call>{JSON}</tool_call>;
what they write instead is mostly a fence or a bare object.
"""

from __future__ import annotations

from jimae.chat.parsers import hermes
from jimae.chat.parsers.base import Family

FAMILY = Family(
    name="plain",
    parser=hermes.parser,
    detect=lambda template, architecture: True,
    reasoning=hermes.THINK,
    syntax=hermes.SYNTAX,
    verified_on=("smollm2-135m",),
)
