"""DeepSeek: calls in special tokens, reasoning that the prompt may have opened."""

from __future__ import annotations

import pytest

from fakes.parsing import TOOLS, Call, Whole, at_every_split
from jimae.chat.parsers.base import Turn

WEATHER = Call("get_weather", '{"city": "東京"}')
OLD = (
    "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
    '```json\n{"city": "東京"}\n```<｜tool▁call▁end｜>'
)
NEW = '<｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "東京"}<｜tool▁call▁end｜>'


def around(*calls: str) -> str:
    return "<｜tool▁calls▁begin｜>" + "\n".join(calls) + "<｜tool▁calls▁end｜>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (around(OLD), Whole(calls=(WEATHER,))),
        (around(NEW), Whole(calls=(WEATHER,))),
        (around(OLD, OLD), Whole(calls=(WEATHER, WEATHER))),
        ("はい。\n\n" + around(NEW, NEW), Whole("はい。", calls=(WEATHER, WEATHER))),
        (NEW, Whole(calls=(WEATHER,))),
        ("<think>\n考え\n</think>\n\n答え", Whole("答え", "考え")),
        ("<think>考え</think>" + around(OLD), Whole("", "考え", (WEATHER,))),
        (around(NEW.replace("get_weather", "no")), Whole(around(NEW.replace("get_weather", "no")))),
    ],
)
def test_published_forms(text: str, expected: Whole) -> None:
    for family in ("deepseek", "deepseek-v3.1"):
        assert at_every_split(family, text) == expected


def test_a_prompt_that_has_opened_the_reasoning() -> None:
    turn = Turn(TOOLS, ending="<｜Assistant｜><think>\n")
    expected = Whole("答え", "考え", (WEATHER,))
    assert at_every_split("deepseek", "考え\n</think>\n\n答え" + around(OLD), turn) == expected


def test_a_prompt_that_has_closed_it() -> None:
    turn = Turn(TOOLS, ending="<｜Assistant｜></think>")
    assert at_every_split("deepseek", "答え", turn) == Whole("答え")
