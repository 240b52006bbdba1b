"""Mistral: a list of calls, or name and arguments, and ids of nine letters."""

from __future__ import annotations

import pytest

from fakes.parsing import TOOLS, Call, Whole, at_every_split
from jimae.chat.parsers.base import Turn
from jimae.chat.parsers.mistral import fit_id
from jimae.chat.parsers.registry import FAMILIES

WEATHER = Call("get_weather", '{"city": "東京"}')
CLOCK = Call("clock", "{}")
OBJECT = '{"name": "get_weather", "arguments": {"city": "東京"}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"[TOOL_CALLS][{OBJECT}]", Whole(calls=(WEATHER,))),
        (f'[TOOL_CALLS] [{OBJECT[:-1]}, "id": "abcdefghi"}}]', Whole(calls=(WEATHER,))),
        (
            f'はい。[TOOL_CALLS][{OBJECT}, {{"name": "clock", "arguments": {{}}}}]',
            Whole("はい。", calls=(WEATHER, CLOCK)),
        ),
        ('[TOOL_CALLS]get_weather[ARGS]{"city": "東京"}', Whole(calls=(WEATHER,))),
        (
            'a[TOOL_CALLS]get_weather[ARGS]{"city": "東京"}[TOOL_CALLS]clock[ARGS]{}',
            Whole("a", calls=(WEATHER, CLOCK)),
        ),
        (
            '[TOOL_CALLS]get_weather[CALL_ID]abcdefghi[ARGS]{"city": "東京"}',
            Whole(calls=(WEATHER,)),
        ),
        ('[TOOL_CALLS]get_weather{"city": "東京"}', Whole(calls=(WEATHER,))),
        ("[THINK]考え[/THINK]答え", Whole("答え", "考え")),
        (f"[THINK]考え[/THINK][TOOL_CALLS][{OBJECT}]", Whole("", "考え", (WEATHER,))),
    ],
)
def test_published_forms(text: str, expected: Whole) -> None:
    for family in ("mistral", "mistral-named"):
        assert at_every_split(family, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[TOOL_CALLS]",
        "[TOOL_CALLS][]",
        "[TOOL_CALLS]unknown[ARGS]{}",
        "[TOOL_CALLS]get_weather[ARGS]",
        "[TOOL_CALLS]get_weather[ARGS][1]",
        OBJECT,
    ],
)
def test_what_is_no_call_stays_text(text: str) -> None:
    assert at_every_split("mistral", text) == Whole(text)


def test_ids_are_nine_letters() -> None:
    parsed = FAMILIES["mistral"].parser(Turn(TOOLS)).add(f"[TOOL_CALLS][{OBJECT}]", done=True)
    name = parsed.calls[0].id
    assert name is not None
    assert len(name) == 9
    assert name.isalnum()


def test_ids_of_another_form_are_changed_always_alike() -> None:
    assert fit_id("abcDEF123") == "abcDEF123"
    other = fit_id("call_abcdefghijklmnopqrstuvwx")
    assert other == fit_id("call_abcdefghijklmnopqrstuvwx") != fit_id("call_2")
    assert len(other) == 9
    assert other.isascii()
    assert other.isalnum()
