"""The texts of what a model is given: none is left out, and each goes back to its place."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.texts import Given, pieces_of, with_texts
from jimae.types import (
    ChatPrompt,
    Grammar,
    InfillPrompt,
    Message,
    PairPrompt,
    TextPart,
    TextPrompt,
    TokenPrompt,
    Tool,
    ToolCall,
)

TEXT = st.text(max_size=8)
CALLS = st.lists(st.builds(ToolCall, TEXT, st.just("f"), TEXT), max_size=2).map(tuple)
MESSAGES = st.builds(
    Message,
    st.sampled_from(["user", "assistant"]),
    st.lists(TEXT.map(TextPart), max_size=3).map(tuple),
    name=st.none() | TEXT,
    reasoning=st.none() | TEXT,
    tool_calls=CALLS,
    tool_call_id=st.none() | TEXT,
)
TOOLS = st.lists(st.builds(Tool, st.just("f"), TEXT, TEXT), max_size=2).map(tuple)
PROMPTS = st.one_of(
    st.builds(ChatPrompt, st.lists(MESSAGES, max_size=3).map(tuple), tools=TOOLS),
    TEXT.map(TextPrompt),
    st.builds(InfillPrompt, TEXT, TEXT),
    st.builds(PairPrompt, TEXT, TEXT),
    st.just(TokenPrompt((1, 2))),
)
GIVEN = st.builds(
    Given,
    PROMPTS,
    grammar=st.none() | st.builds(Grammar, st.sampled_from(["json_schema", "regex"]), TEXT),
    stop=st.lists(TEXT, max_size=2).map(tuple),
    prediction=st.none() | TEXT,
)
EVERYTHING = Given(
    ChatPrompt(
        (
            Message("system", (TextPart("on"), TextPart("e")), name="two"),
            Message(
                "assistant",
                (TextPart("three"),),
                reasoning="four",
                tool_calls=(ToolCall("five", "fixed", "six"),),
            ),
            Message("tool", tool_call_id="seven"),
        ),
        tools=(Tool("fixed", "eight", "nine"),),
    ),
    Grammar("regex", "ten"),
    ("eleven",),
    "twelve",
)
WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "twelve",
    "ten",
    "eleven",
]


@given(GIVEN)
def test_texts_go_back_to_where_they_came_from(asked: Given) -> None:
    assert with_texts(asked, [piece.text for piece in pieces_of(asked)]) == asked


@given(GIVEN)
def test_every_text_is_changed_in_its_place(asked: Given) -> None:
    marked = [
        piece.text if piece.fixed else f"<{index}>" for index, piece in enumerate(pieces_of(asked))
    ]
    assert [piece.text for piece in pieces_of(with_texts(asked, marked))] == marked


def test_nothing_that_a_model_reads_is_left_out() -> None:
    pieces = pieces_of(EVERYTHING)
    assert [piece.text for piece in pieces if not piece.fixed] == WORDS
    assert [piece.text for piece in pieces if piece.fixed] == ["fixed", "fixed"]
    shown = msgspec.json.encode(with_texts(EVERYTHING, ["x"] * len(pieces))).decode()
    assert not [word for word in WORDS if f'"{word}"' in shown]


def test_parts_of_one_message_are_looked_at_together() -> None:
    message = Message("user", (TextPart("090-12"), TextPart("34-5678")))
    (piece,) = pieces_of(Given(ChatPrompt((message,))))
    assert piece.text == "090-1234-5678"


@pytest.mark.parametrize("count", [13, 15])
def test_texts_of_another_number_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} texts where there are 14"):
        with_texts(EVERYTHING, ["x"] * count)
