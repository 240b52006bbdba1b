"""gpt-oss and LLM-jp-4: messages in channels."""

from __future__ import annotations

import pytest

from fakes.parsing import TOOLS, Call, Whole, at_every_split
from jimae.chat.parsers.base import Turn

WEATHER = Call("get_weather", '{"city":"東京"}')
ANALYSIS = "<|channel|>analysis<|message|>考え中。<|end|>"
NEXT = "<|start|>assistant"
CALL = (
    "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>"
    '{"city":"東京"}<|call|>'
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<|channel|>final<|message|>晴れ。", Whole("晴れ。")),
        ("<|channel|>final<|message|>晴れ。<|return|>", Whole("晴れ。")),
        (ANALYSIS + NEXT + "<|channel|>final<|message|>晴れ。", Whole("晴れ。", "考え中。")),
        (ANALYSIS + NEXT + CALL, Whole("", "考え中。", (WEATHER,))),
        (
            ANALYSIS + NEXT + " to=functions.get_weather<|channel|>commentary json<|message|>"
            '{"city":"東京"}',
            Whole("", "考え中。", (WEATHER,)),
        ),
        (CALL + NEXT + CALL, Whole(calls=(WEATHER, WEATHER))),
        (
            "<|channel|>commentary<|message|>調べます。<|end|>" + NEXT + CALL,
            Whole("調べます。", calls=(WEATHER,)),
        ),
        (
            "<|channel|>analysis<|message|>一。<|end|>" + NEXT + ANALYSIS,
            Whole("", "一。考え中。"),
        ),
        # no header, and a header that is cut short
        ("晴れ。", Whole("晴れ。")),
        ("<|channel|>comm", Whole()),
        # one that may not be called
        (
            "<|channel|>commentary to=browser.search <|constrain|>json<|message|>{}<|call|>",
            Whole("commentary to=browser.search json {}"),
        ),
    ],
)
def test_published_forms(text: str, expected: Whole) -> None:
    for ending in ("", "<|end|><|start|>assistant"):
        assert at_every_split("harmony", text, Turn(TOOLS, ending=ending)) == expected


@pytest.mark.parametrize(
    ("channel", "expected"),
    [("analysis", Whole("答え", "考え")), ("final", Whole("考え答え"))],
)
def test_a_prompt_that_has_begun_a_message(channel: str, expected: Whole) -> None:
    turn = Turn(TOOLS, ending=f"<|start|>assistant<|channel|>{channel}<|message|>")
    text = "考え<|end|><|start|>assistant<|channel|>final<|message|>答え"
    assert at_every_split("harmony", text, turn) == expected


def test_a_call_that_is_cut_short() -> None:
    whole = at_every_split("harmony", CALL[: CALL.index("京")])
    assert whole == Whole(calls=(Call("get_weather", '{"city":"東'),))
