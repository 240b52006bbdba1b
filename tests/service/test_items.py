"""Items as a model is shown them."""

from __future__ import annotations

import pytest

from jimae.errors import JimaeError
from jimae.service.items import Item, made, messages_of
from jimae.types import Message, TextPart, ToolCall


def say(role: str, text: str) -> Item:
    return made("message", {"content": [{"type": "input_text", "text": text}]}, role=role)  # type: ignore[arg-type]


def think(text: str) -> Item:
    return made("reasoning", {"summary": [], "content": [{"type": "reasoning_text", "text": text}]})


def call(name: str) -> Item:
    return made("function_call", {"call_id": name, "name": "f", "arguments": "{}"})


def result(name: str) -> Item:
    return made("function_call_output", {"call_id": name, "output": "晴れ"})


def test_one_turn_of_an_assistant_is_one_message() -> None:
    items = [
        think("ふむ"),
        say("assistant", "はい"),
        call("a"),
        call("b"),
        result("b"),
        result("a"),
    ]
    first, *results = messages_of(items)
    assert first == Message(
        role="assistant",
        content=(TextPart("はい"),),
        reasoning="ふむ",
        tool_calls=(ToolCall("a", "f", "{}"), ToolCall("b", "f", "{}")),
    )
    assert [message.tool_call_id for message in results] == ["b", "a"]


def test_two_turns_stay_two() -> None:
    items = [say("assistant", "一"), say("assistant", "二"), think("ふむ"), say("assistant", "三")]
    assert [message.content for message in messages_of(items)] == [
        (TextPart("一"),),
        (TextPart("二"),),
        (TextPart("三"),),
    ]
    items = [call("a"), result("a"), think("ふむ"), call("b"), result("b")]
    assert [message.role for message in messages_of(items)] == [
        "assistant",
        "tool",
        "assistant",
        "tool",
    ]


def test_what_nobody_can_read_or_answer_is_left_out() -> None:
    empty = made("reasoning", {"summary": [], "content": []})
    broken = made(
        "function_call", {"call_id": "a", "name": "f", "arguments": '{"'}, status="incomplete"
    )
    assert messages_of([say("user", "一"), empty, broken, say("user", "二")]) == (
        Message(role="user", content=(TextPart("一"),)),
        Message(role="user", content=(TextPart("二"),)),
    )


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([call("a")], "tool_result_missing"),
        ([call("a"), say("user", "一")], "tool_result_missing"),
        ([call("a"), call("b"), result("a")], "tool_result_missing"),
        ([result("a")], "tool_result_unmatched"),
        ([call("a"), result("a"), result("a")], "tool_result_unmatched"),
    ],
)
def test_calls_and_results_belong_together(items: list[Item], code: str) -> None:
    with pytest.raises(JimaeError) as caught:
        messages_of(items)
    assert caught.value.code == code
