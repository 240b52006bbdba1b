"""Qwen3-Coder and Qwen 3.5: parameters without quotes, typed by the schema."""

from __future__ import annotations

import json

import pytest

from fakes.parsing import WEATHER, Call, Whole, at_every_split
from jimae.chat.parsers.base import Turn
from jimae.types import Tool


def call(*parameters: tuple[str, str], name: str = "get_weather") -> str:
    inner = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in parameters)
    return f"<tool_call>\n<function={name}>\n{inner}</function>\n</tool_call>"


@pytest.mark.parametrize(
    ("text", "content", "arguments"),
    [
        (call(("city", "東京")), "", {"city": "東京"}),
        ("見ます。\n\n" + call(("city", "a"), ("days", "3")), "見ます。", {"city": "a", "days": 3}),
        (call(("city", "42")), "", {"city": "42"}),
        (call(("city", '"quoted" \\n {"a": 1}')), "", {"city": '"quoted" \\n {"a": 1}'}),
        (call(("city", " 行1\n\n  行2 🍣")), "", {"city": " 行1\n\n  行2 🍣"}),
        (call(("rain", "true"), ("flags", '["a", 1]')), "", {"rain": True, "flags": ["a", 1]}),
        (call(("rain", "False")), "", {"rain": False}),
        (call(("where", '{"a": {"b": null}}')), "", {"where": {"a": {"b": None}}}),
        (call(("days", "three")), "", {"days": "three"}),
        (call(("units", "c")), "", {"units": "c"}),
        (call(("other", "1"), ("more", "word")), "", {"other": 1, "more": "word"}),
        (call(), "", {}),
        (call(("city", "a"))[len("<tool_call>\n") :], "", {"city": "a"}),
        ("<function=get_weather>{}</function>", "", {}),
        ('<tool_call>\n{"name": "get_weather", "arguments": {"a": 1}}\n</tool_call>', "", {"a": 1}),
    ],
)
def test_published_forms(text: str, content: str, arguments: dict[str, object]) -> None:
    whole = at_every_split("qwen-coder", text)
    assert whole.content == content
    assert [(name, json.loads(found)) for name, found in whole.calls] == [
        ("get_weather", arguments)
    ]


def test_calls_in_a_row_behind_reasoning() -> None:
    text = "<think>\nまず。\n</think>\n\n" + call(("city", "a")) + "\n" + call(name="clock")
    assert at_every_split("qwen-coder", text) == Whole(
        "", "まず。", (Call("get_weather", '{"city": "a"}'), Call("clock", "{}"))
    )


@pytest.mark.parametrize(
    "text",
    [
        call(name="unknown"),
        "<function=get_weather> is how it begins",
        "<tool_call>\n<function=get_weather>\n<parameter=city>\nTok",
        "<tool_call>\n<function=get_weather\n",
    ],
)
def test_what_is_no_call_stays_text(text: str) -> None:
    assert at_every_split("qwen-coder", text) == Whole(text)


def test_cut_short_behind_a_parameter() -> None:
    text = call(("city", "a"), ("days", "3"))
    whole = at_every_split("qwen-coder", text[: text.index("3")])
    assert whole == Whole(calls=(Call("get_weather", '{"city": "a"'),))


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": ["string", "null"]}, "null", None),
        ({"type": ["integer", "null"]}, "5", 5),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "5", "5"),
        ({"enum": ["1", "2"]}, "1", "1"),
        ({"const": "x"}, "x", "x"),
        ({"type": "number"}, "1e3", 1000.0),
        ({"type": "object"}, "{broken", "{broken"),
    ],
)
def test_the_schema_says_what_a_value_is(
    schema: dict[str, object], value: str, expected: object
) -> None:
    tool = Tool("f", parameters=json.dumps({"type": "object", "properties": {"x": schema}}))
    text = call(("x", value), name="f")
    whole = at_every_split("qwen-coder", text, Turn((tool, WEATHER)))
    assert json.loads(whole.calls[0].arguments) == {"x": expected}
