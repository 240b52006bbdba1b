"""Qwen and Hermes: <tool_call>, fences, bare objects, <think>."""

from __future__ import annotations

import pytest

from fakes.parsing import TOOLS, Call, Whole, at_every_split, one_call, parse, without_tools
from jimae.chat.parsers.base import Turn
from jimae.chat.parsers.registry import FAMILIES

OBJECT = '{"name": "get_weather", "arguments": {"city": "東京"}}'
WEATHER = Call("get_weather", '{"city": "東京"}')
CLOCK = Call("clock", "{}")


def tagged(text: str) -> str:
    return f"<tool_call>\n{text}\n</tool_call>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (tagged(OBJECT), Whole(calls=(WEATHER,))),
        (f"調べます。\n{tagged(OBJECT)}\n", Whole("調べます。", calls=(WEATHER,))),
        (
            tagged(OBJECT) + "\n" + tagged('{"name": "clock", "arguments": {}}'),
            Whole(calls=(WEATHER, CLOCK)),
        ),
        (f"A\n{tagged(OBJECT)}\nB", Whole("A\n\nB", calls=(WEATHER,))),
        # both calls in one pair of marks, in rows and in a list
        (tagged(OBJECT + "\n" + '{"name":"clock"}'), Whole(calls=(WEATHER, CLOCK))),
        (tagged(f'[{OBJECT}, {{"name":"clock"}}]'), Whole(calls=(WEATHER, CLOCK))),
        # the braces of Qwen2.5-Coder-1.5B's own template
        (tagged("{" + OBJECT + "}"), Whole(calls=(WEATHER,))),
        # the end mark and the last brace forgotten
        ("<tool_call>\n" + OBJECT, Whole(calls=(WEATHER,))),
        (tagged(OBJECT[:-1]), Whole(calls=(WEATHER,))),
        (
            tagged('{"arguments": {"city": "東京"}, "name": "get_weather"}'),
            Whole(calls=(WEATHER,)),
        ),
        (
            tagged('{"type":"function","function":{"name":"get_weather","parameters":{"a":1}}}'),
            Whole(calls=(Call("get_weather", '{"a":1}'),)),
        ),
        (
            tagged('{"id": "x", "name": "get_weather", "arguments": {"a":1}, "type": "function"}'),
            Whole(calls=(Call("get_weather", '{"a":1}'),)),
        ),
        # arguments as text, as null, left out
        (
            tagged('{"name": "get_weather", "arguments": "{\\"city\\": \\"東京\\"}"}'),
            Whole(calls=(WEATHER,)),
        ),
        (tagged('{"name": "clock", "arguments": null}'), Whole(calls=(CLOCK,))),
        (tagged('{"name": "clock", "arguments": ""}'), Whole(calls=(CLOCK,))),
        (tagged('{"name": "clock"}'), Whole(calls=(CLOCK,))),
        # kept byte for byte: spaces, escapes, line ends, marks and braces inside strings
        (
            tagged(
                '{"name": "get_weather", "arguments": '
                '{ "city":"}</tool_call>{\\"\\\\",\r\n "where": {"a": [1, "\\u6771🍣"]} }}'
            ),
            Whole(
                calls=(
                    Call(
                        "get_weather",
                        '{ "city":"}</tool_call>{\\"\\\\",\r\n "where": {"a": [1, "\\u6771🍣"]} }',
                    ),
                )
            ),
        ),
        ("```json\n" + OBJECT + "\n```", Whole(calls=(WEATHER,))),
        ("はい\n```json\n" + OBJECT + "\n```\n", Whole("はい", calls=(WEATHER,))),
        ("```\n" + OBJECT + "\n```", Whole(calls=(WEATHER,))),
        ("```json\n" + tagged(OBJECT) + "\n```", Whole(calls=(WEATHER,))),
        (OBJECT, Whole(calls=(WEATHER,))),
        ("\n" + OBJECT + '\n{"name": "clock", "arguments": {}}', Whole(calls=(WEATHER, CLOCK))),
        # reasoning
        ("<think>\n考え中\n</think>\n\n晴れです。", Whole("晴れです。", "考え中")),
        ("<think>\n\n</think>\n\n晴れです。", Whole("晴れです。")),
        ("<think>a</think>" + tagged(OBJECT), Whole("", "a", (WEATHER,))),
        ("<think>a\n" + tagged(OBJECT), Whole("", "a", (WEATHER,))),
        ("<think>a <tool_call> is a mark</think>b", Whole("b", "a <tool_call> is a mark")),
        ("The tag <think> begins it.", Whole("The tag <think> begins it.")),
    ],
)
def test_published_forms(text: str, expected: Whole) -> None:
    assert at_every_split("hermes", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "  ただの文。 \n\n",
        "1 < 2, `a`, ```python\nprint({})\n```\n",
        tagged('{"name": "unknown", "arguments": {}}'),
        tagged('{"name": "get_weather", "arguments": [1]}'),
        tagged('{"name": "get_weather", "arguments": "no object"}'),
        tagged('{"name": 1}'),
        tagged("weather in Tokyo"),
        '<tool_call>\n{"name": "get_wea',
        "<tool_call",
        '{"title": "get_weather", "name": "get_weather"}',
        '{"name": "太郎", "arguments": {}}',
        "```json\n[1, 2]\n```",
        "{}",
        '{"name": "get_weather", "arguments": "{',
        "文の中の " + OBJECT,
        tagged('{"name": "get_weather", "arguments": ' + '"[' * 9 + "}"),
    ],
)
def test_what_is_no_call_stays_text(text: str) -> None:
    assert at_every_split("hermes", text) == Whole(text)


def test_without_tools_everything_is_text() -> None:
    for text in (tagged(OBJECT), OBJECT, "```json\n" + OBJECT + "\n```"):
        assert at_every_split("hermes", text, without_tools()) == Whole(text)


def test_a_call_that_is_cut_short_keeps_what_there_is() -> None:
    text = tagged(OBJECT)
    begun = text.index('{"city')
    for end in range(begun + 1, len(text)):
        whole = parse("hermes", [text[:end]])
        assert whole.calls[0].name == "get_weather"
        assert WEATHER.arguments.startswith(whole.calls[0].arguments)


def test_broken_arguments_end_where_they_break() -> None:
    text = '<tool_call>\n{"name": "get_weather", "arguments": {"a": 1</tool_call>\nend'
    assert at_every_split("hermes", text) == Whole("end", calls=(Call("get_weather", '{"a": 1'),))


def test_only_one_call_where_one_is_asked_for() -> None:
    text = tagged(OBJECT) + "\n" + tagged(OBJECT) + "\nmore"
    assert at_every_split("hermes", text, one_call()) == Whole(calls=(WEATHER,))


def test_a_prompt_that_has_opened_the_reasoning() -> None:
    turn = Turn(TOOLS, ending="<|im_start|>assistant\n<think>\n")
    expected = Whole("はい。", "考え中")
    assert at_every_split("hermes", "考え中\n</think>\n\nはい。", turn) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<think>\nFirst", Whole("Yes.", " then")),
        ("\n<think>" + "long " * 100, Whole("Yes.", " then")),
        ("<think>\nFirst</think>\n\nSo", Whole(" then</think>\n\nYes.")),
        ("The tag <think> is", Whole(" then</think>\n\nYes.")),
    ],
)
def test_an_answer_that_is_gone_on_with_in_its_reasoning(written: str, expected: Whole) -> None:
    """It is read as reasoning to where that ends, the space at the seam included."""
    turn = Turn(TOOLS, ending=written[-256:], written=written)
    assert at_every_split("hermes", " then</think>\n\nYes.", turn) == expected


def test_arguments_arrive_while_they_are_written() -> None:
    parser = FAMILIES["hermes"].parser(Turn(TOOLS))
    seen = ""
    for character in '<tool_call>\n{"name": "get_weather", "arguments": {"city": "':
        for delta in parser.add(character, done=False).calls:
            seen += delta.arguments
    assert seen == '{"city": "'
    assert parser.add("東京タ", done=False).calls[0].arguments == "東京タ"


def test_text_is_held_back_only_while_it_may_be_a_mark() -> None:
    parser = FAMILIES["hermes"].parser(Turn(TOOLS))
    assert parser.add("a <tool", done=False).content == "a"
    assert parser.add("s> b", done=False).content == " <tools> b"
    assert parser.add(" {", done=False).content == " {"


def test_without_tools_a_line_ends_when_it_is_written() -> None:
    """White space is only held back where a call may follow, which it would not belong to."""
    parser = FAMILIES["hermes"].parser(Turn())
    assert parser.add("\n一。\n\n", done=False).content == "\n一。\n\n"
    parser = FAMILIES["hermes"].parser(Turn(tools=TOOLS))
    assert parser.add("一。\n\n", done=False).content == "一。"


def test_an_id_is_new_for_every_call() -> None:
    parser = FAMILIES["hermes"].parser(Turn(TOOLS))
    calls = parser.add(tagged(OBJECT) * 2, done=True).calls
    ids = [call.id for call in calls]
    assert len(set(ids)) == 2
    assert all(name and name.startswith("call_") and len(name) == 29 for name in ids)
    assert all(name and name[5:].isalnum() for name in ids)
