"""Gemma 3: fences of Python; Gemma 4: a notation of its own."""

from __future__ import annotations

import json

import pytest

from fakes.parsing import Call, Whole, at_every_split

WEATHER = Call("get_weather", '{"city": "東京"}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('```tool_code\nget_weather(city="東京")\n```', Whole(calls=(WEATHER,))),
        ('```tool_code\nprint(get_weather(city="東京"))\n```', Whole(calls=(WEATHER,))),
        (
            '見ます。\n```tool_code\nget_weather(city="東京")\nclock()\n```',
            Whole("見ます。", calls=(WEATHER, Call("clock", "{}"))),
        ),
        (
            '```json\n{"name": "get_weather", "parameters": {"city": "東京"}}\n```',
            Whole(calls=(WEATHER,)),
        ),
        ('{"name": "get_weather", "parameters": {"city": "東京"}}', Whole(calls=(WEATHER,))),
        ('[get_weather(city="東京")]', Whole(calls=(WEATHER,))),
        ("```tool_code\nprint(1)\n```", Whole("```tool_code\nprint(1)\n```")),
        ("```python\nclock()\n```", Whole("```python\nclock()\n```")),
    ],
)
def test_forms_of_gemma_3(text: str, expected: Whole) -> None:
    assert at_every_split("gemma3", text) == expected


def gemma(arguments: str, name: str = "get_weather") -> str:
    return f"<|tool_call>call:{name}{{{arguments}}}<tool_call|>"


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        ('city:<|"|>東京<|"|>', {"city": "東京"}),
        ("", {}),
        ("days:3,rain:true,where:null", {"days": 3, "rain": True, "where": None}),
        ("days:-0.5", {"days": -0.5}),
        ('city:<|"|>a "b" \\n C:\\x {]},:<|"|>', {"city": 'a "b" \\n C:\\x {]},:'}),
        ('city:<|"|>行1\n行2 🍣<|"|>', {"city": "行1\n行2 🍣"}),
        (
            'flags:[<|"|>a<|"|>,1,{k:<|"|>v<|"|>}],where:{a:{b:[]}}',
            {"flags": ["a", 1, {"k": "v"}], "where": {"a": {"b": []}}},
        ),
        ('where:{<|"|>a b<|"|>:1}', {"where": {"a b": 1}}),
        ('city:"plain"', {"city": "plain"}),
        ('city: <|"|>a<|"|>,\n days: 2', {"city": "a", "days": 2}),
    ],
)
def test_arguments_of_gemma_4(written: str, arguments: dict[str, object]) -> None:
    whole = at_every_split("gemma4", "はい。" + gemma(written))
    assert whole.content == "はい。"
    assert json.loads(whole.calls[0].arguments) == arguments


def test_thoughts_of_gemma_4() -> None:
    text = "<|channel>thought\n考え中<channel|>" + gemma('city:<|"|>東京<|"|>') + gemma("", "clock")
    assert at_every_split("gemma4", text) == Whole("", "考え中", (WEATHER, Call("clock", "{}")))
    assert at_every_split("gemma4", "<|channel>thought\n<channel|>答え") == Whole("答え")


@pytest.mark.parametrize(
    "text",
    [
        gemma("", "unknown"),
        gemma('city:<|"|>a'),
        gemma("city"),
        gemma("city:word"),
        "<|tool_call>get_weather{}<tool_call|>",
        "<|tool_call>call:get_weather{days:1",
    ],
)
def test_what_is_no_call_stays_text(text: str) -> None:
    assert at_every_split("gemma4", text) == Whole(text)
