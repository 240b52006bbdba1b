"""The texts of a prompt: none is left out, and each goes back to its place."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.texts import texts_of, with_texts
from jimae.types import (
    ChatPrompt,
    InfillPrompt,
    Message,
    PairPrompt,
    Prompt,
    TextPart,
    TextPrompt,
    TokenPrompt,
    Tool,
    ToolCall,
)

TEXT = st.text(max_size=8)
CALLS = st.lists(st.builds(ToolCall, st.just("c"), st.just("f"), TEXT), max_size=2).map(tuple)
MESSAGES = st.builds(
    Message,
    st.sampled_from(["user", "assistant"]),
    st.lists(TEXT.map(TextPart), max_size=3).map(tuple),
    reasoning=st.none() | TEXT,
    tool_calls=CALLS,
)
PROMPTS = st.one_of(
    st.builds(
        ChatPrompt,
        st.lists(MESSAGES, max_size=3).map(tuple),
        tools=st.lists(st.builds(Tool, st.just("f"), TEXT), max_size=2).map(tuple),
    ),
    TEXT.map(TextPrompt),
    st.builds(InfillPrompt, TEXT, TEXT),
    st.builds(PairPrompt, TEXT, TEXT),
    st.just(TokenPrompt((1, 2))),
)
EVERYTHING = ChatPrompt(
    (
        Message("system", (TextPart("one"), TextPart("two"))),
        Message(
            "assistant",
            (TextPart("four"),),
            reasoning="five",
            tool_calls=(ToolCall("c", "f", "6"),),
        ),
    ),
    tools=(Tool("f", "seven"),),
)


@given(PROMPTS)
def test_texts_go_back_to_where_they_came_from(prompt: Prompt) -> None:
    assert with_texts(prompt, texts_of(prompt)) == prompt


@given(PROMPTS)
def test_every_text_is_changed_in_its_place(prompt: Prompt) -> None:
    marked = [f"<{index}>" for index, _ in enumerate(texts_of(prompt))]
    assert texts_of(with_texts(prompt, marked)) == marked


def test_nothing_that_a_model_reads_is_left_out() -> None:
    shown = msgspec.json.encode(with_texts(EVERYTHING, ["x"] * 6)).decode()
    assert not [word for word in ("one", "two", "four", "five", '"6"', "seven") if word in shown]


@pytest.mark.parametrize("count", [5, 7])
def test_texts_of_another_number_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} texts for a prompt of 6"):
        with_texts(EVERYTHING, ["x"] * count)
