"""Stop strings end content, wherever the answer is cut, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.parsing import TOOLS, Whole, at_every_split, parse
from jimae.chat.parsers.base import Turn
from jimae.chat.parsers.registry import FAMILIES

WORDS = st.text(alphabet="ab終 \n", max_size=12)
STOPS = st.lists(st.text(alphabet="ab終\n", min_size=1, max_size=3), min_size=1, max_size=3)
CALL = '<tool_call>\n{"name": "clock", "arguments": {"a": "ab終"}}\n</tool_call>'
THINKING = {
    "hermes": ("<think>", "</think>\n\n"),
    "mistral": ("[THINK]", "[/THINK]"),
    "deepseek": ("<think>", "</think>"),
    "gemma4": ("<|channel>thought\n", "<channel|>"),
    "harmony": (
        "<|channel|>analysis<|message|>",
        "<|end|><|start|>assistant<|channel|>final<|message|>",
    ),
}


def stop_of(family: str, text: str, turn: Turn) -> str | None:
    """What the answer says it ended at, which is the same in single characters."""
    found = set()
    for pieces in ([text], text):
        parser = FAMILIES[family].parser(turn)
        for piece in pieces:
            parser.add(piece, done=False)
        parser.add("", done=True)
        found.add(parser.stopped_by)
    (stop,) = found
    return stop


def cut(text: str, stop: list[str]) -> tuple[str, str | None]:
    """A text up to the stop string that is complete first, of those the longest."""
    ends = [(text.find(s) + len(s), text.find(s), s) for s in stop if s in text]
    return (text[: min(ends)[1]], min(ends)[2]) if ends else (text, None)


@pytest.mark.parametrize("family", THINKING)
@settings(deadline=None)
@given(thought=WORDS, said=WORDS, stop=STOPS)
def test_reasoning_does_not_end_at_one(
    family: str, thought: str, said: str, stop: list[str]
) -> None:
    begin, end = THINKING[family]
    text = f"{begin}{thought}{end}{said}"
    free = parse(family, [text])
    content, found = cut(free.content, stop)
    turn = Turn(TOOLS, stop=tuple(stop))
    assert at_every_split(family, text, turn) == free._replace(content=content)
    assert stop_of(family, text, turn) == found


@settings(deadline=None)
@given(before=WORDS, after=WORDS, stop=STOPS)
def test_calls_do_not_end_at_one_and_are_gone_behind_one(
    before: str, after: str, stop: list[str]
) -> None:
    text = f"{before}{CALL}{after}"
    free, first = parse("hermes", [text]), parse("hermes", [before + CALL])
    content, found = cut(first.content, stop)
    expected = Whole(content)
    if found is None:
        rest, found = cut(free.content[len(content) :], stop)
        expected = free._replace(content=content + rest)
    turn = Turn(TOOLS, stop=tuple(stop))
    assert at_every_split("hermes", text, turn) == expected
    assert stop_of("hermes", text, turn) == found


def test_the_space_behind_reasoning_is_no_content() -> None:
    text = "<think>\nHm.\n\nSo.\n</think>\n\nOne.\n\nTwo."
    turn = Turn(stop=("\n\n",))
    assert at_every_split("hermes", text, turn) == Whole("One.", "Hm.\n\nSo.")


def test_an_answer_is_over_as_soon_as_one_is_whole() -> None:
    parser = FAMILIES["hermes"].parser(Turn(stop=("END",)))
    assert parser.add("<think>END</think>OK EN", done=False).content == "OK "
    assert parser.stopped_by is None
    assert parser.add("D", done=False).content == ""
    assert parser.stopped_by == "END"
    assert parser.add(CALL, done=True) == ("", "", ())


def test_text_before_a_call_is_not_told_behind_it() -> None:
    """What might begin one is certain once a call comes."""
    parser = FAMILIES["hermes"].parser(Turn(TOOLS, stop=("END",)))
    assert parser.add("OK E", done=False).content == "OK "
    parsed = parser.add('<tool_call>{"name": "clock", "arguments": {', done=False)
    assert parsed.content == "E"
    assert [call.name for call in parsed.calls] == ["clock"]
