"""A tool, a question that needs it, and a model that calls it."""

from __future__ import annotations

from typing import Any, Final

from fakes.backend import PROMPT_TOKENS, Step, done
from jimae.types import CallDelta, Delta, Started

TOOL: Final[dict[str, Any]] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "ある都市の現在の天気を調べる",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "description": "都市の名前"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
QUESTION: Final[dict[str, Any]] = {"role": "user", "content": "東京の天気を教えてください。"}
ARGUMENTS: Final = '{"city":"東京"}'


def call(id: str = "call_1", arguments: str = ARGUMENTS) -> dict[str, Any]:
    """A call as it stands in a message."""
    function = {"name": "get_weather", "arguments": arguments}
    return {"id": id, "type": "function", "function": function}


def asked(*calls: dict[str, Any]) -> dict[str, Any]:
    """The message of an assistant that called."""
    return {"role": "assistant", "content": None, "tool_calls": [*calls]}


def result(id: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": '{"weather":"晴れ","celsius":21}'}


def calling(*cities: str, text: str = "", reasoning: str = "") -> list[Step]:
    """A script that thinks, says something, and calls once for each city, all side by side."""
    steps: list[Step] = [Started(PROMPT_TOKENS, 0)]
    if reasoning:
        steps += [Delta("", (1,)), Delta("", (2,), reasoning=reasoning), Delta("", (3,))]
    if text:
        steps.append(Delta(text, (4,)))
    for index, city in enumerate(cities):
        begun = CallDelta(index, f"call_{index}", "get_weather", '{"ci')
        steps += [
            Delta("", (5,), calls=(begun,)),
            Delta("", (6,), calls=(CallDelta(index, arguments=f'ty":"{city}"}}'),)),
        ]
    return [*steps, done(6, "tool_calls")]
