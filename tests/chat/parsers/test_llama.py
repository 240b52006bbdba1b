"""Llama 3 and 4: bare objects, the Python tag, lists of Python calls."""

from __future__ import annotations

import json

import pytest

from fakes.parsing import Call, Whole, at_every_split

WEATHER = Call("get_weather", '{"city": "東京"}')
OBJECT = '{"name": "get_weather", "parameters": {"city": "東京"}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OBJECT, Whole(calls=(WEATHER,))),
        ("<|python_tag|>" + OBJECT, Whole(calls=(WEATHER,))),
        (f"{OBJECT}; {OBJECT}", Whole(calls=(WEATHER, WEATHER))),
        (
            '{"type": "function", "name": "clock", "parameters": {}}',
            Whole(calls=(Call("clock", "{}"),)),
        ),
        ('<function=get_weather>{"city": "東京"}</function>', Whole(calls=(WEATHER,))),
        ('<|python_tag|>get_weather.call(city="東京")', Whole(calls=(WEATHER,))),
        ("[get_weather(city='東京')]", Whole(calls=(WEATHER,))),
        (
            '<|python_start|>[get_weather(city="東京"), clock()]<|python_end|>',
            Whole(calls=(WEATHER, Call("clock", "{}"))),
        ),
        ("はい。<|python_tag|>" + OBJECT, Whole("はい。", calls=(WEATHER,))),
    ],
)
def test_published_forms(text: str, expected: Whole) -> None:
    assert at_every_split("llama", text) == expected


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'it\\'s'", "it's"),
        ('"a\\n\\t\\"b\\\\"', 'a\n\t"b\\'),
        ('"\\u6771\\x41 \\ud83c\\udf63"', "東A 🍣"),
        ('"""two\nlines"""', "two\nlines"),
        ("-3", -3),
        ("1_000", 1000),
        ("2.5e1", 25.0),
        ("True", True),
        ("None", None),
        ("[1, 'a', [], ()]", [1, "a", [], []]),
        ("{'a': {'b': false}, \"c\": (1, 2,)}", {"a": {"b": False}, "c": [1, 2]}),
        ('"括弧) と ] と ,"', "括弧) と ] と ,"),
    ],
)
def test_literals_of_python(literal: str, value: object) -> None:
    whole = at_every_split("llama", f"[get_weather(city={literal}, days=1)]")
    assert json.loads(whole.calls[0].arguments) == {"city": value, "days": 1}


@pytest.mark.parametrize(
    "text",
    [
        "[1] と書かれた脚注。",
        "[get_weather(city)]",
        "[get_weather(city=open('x'))]",
        "[unknown(a=1)]",
        "[get_weather(city='a')",
        "[get_weather(a=1) + 2]",
        "[]",
        '{"name": "unknown", "parameters": {}}',
        "<|python_tag|>print(1)",
        "[get_weather(a=" + "[" * 200,
        "[get_weather(a=1e999)]",
    ],
)
def test_what_is_no_call_stays_text(text: str) -> None:
    assert at_every_split("llama", text) == Whole(text)
