"""Calls inside fences, as models write them that were taught Markdown.

```json            ```tool_code
{"name": …}        f(a=1)
```                ```
"""

from __future__ import annotations

import re

from jimae.chat.parsers.json_calls import json_calls
from jimae.chat.parsers.marked import Calls
from jimae.chat.parsers.python_calls import python_calls
from jimae.chat.parsers.reader import MalformedError, Reading
from jimae.chat.parsers.tagged import tagged_call

FENCE = "```"
_LANGUAGE = re.compile(r"[a-z_]*")
_LANGUAGES = {"", "json", "tool_call", "tool_code", "xml"}


def fenced_calls(calls: Calls) -> Reading[None]:
    """Read the calls of a block, and its end."""
    reader = calls.reader
    language = yield from reader.match(_LANGUAGE)
    space = yield from reader.space()
    if language not in _LANGUAGES or "\n" not in space:
        raise MalformedError
    character = yield from reader.peek()
    if character == "<":
        yield from reader.expect("<tool_call>")
        yield from tagged_call(calls)
    elif language == "tool_code":
        yield from python_calls(calls)
    else:
        yield from json_calls(calls)
    yield from reader.accept_beyond_space(FENCE)
