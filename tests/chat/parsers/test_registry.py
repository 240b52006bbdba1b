"""The family of a model is told from its template; splits change nothing in any of them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.parsing import TOOLS, parse
from jimae.catalogue.entry import PARSERS
from jimae.chat.parsers.base import Turn
from jimae.chat.parsers.registry import FAMILIES, choose

# What marks each family's published template, in a line.
SOURCES = {
    "hermes": '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}',
    "qwen-coder": "<tool_call>\n<function=example>\n<parameter=p>\n</tool_call>",
    "llama": '<|start_header_id|> {"name": function name, "parameters": dictionary}',
    "mistral": "[AVAILABLE_TOOLS][INST][TOOL_CALLS]",
    "mistral-named": "[AVAILABLE_TOOLS][INST][TOOL_CALLS]name[ARGS]",
    "gemma3": "<start_of_turn>user",
    "gemma4": '<|turn>model <|tool_call>call: <|"|>',
    "deepseek": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜> ```json",
    "deepseek-v3.1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>name<｜tool▁sep｜>",
    "harmony": "<|start|>assistant<|channel|>analysis<|message|>",
    "plain": "<|im_start|>{{ message.role }}",
}


def test_every_family_is_chosen_by_its_template() -> None:
    assert set(SOURCES) == set(FAMILIES)
    for name, source in SOURCES.items():
        assert choose(source, "some").name == name


def test_the_catalogue_may_say_otherwise() -> None:
    assert choose(SOURCES["hermes"], "qwen2", "llama").name == "llama"
    with pytest.raises(KeyError):
        choose(SOURCES["hermes"], "qwen2", "no-such")


def test_the_catalogue_knows_every_name() -> None:
    assert tuple(FAMILIES) == PARSERS


def test_without_a_template_it_is_plain() -> None:
    assert choose(None, "llama").name == "plain"


def test_a_grammar_begins_calls_by_their_trigger() -> None:
    for family in FAMILIES.values():
        assert (family.syntax.first + family.syntax.begin).startswith(family.syntax.trigger)


PIECES = [
    "<think>", "</think>", "<tool_call>", "</tool_call>", "```json\n", "```", "\n", " ", "東京",
    "🍣", '{"name": "get_weather", "arguments": ', '{"name": "clock"}', '{"city": "東\\"京"}',
    "{", "}",
    "[", "]", '"', "\\", ",", ":", "<function=get_weather>", "<parameter=city>\n", "\n</parameter>",
    "</function>", "<|python_tag|>", "get_weather(", 'city="a"', ")", "[TOOL_CALLS]", "[ARGS]",
    "[THINK]", "[/THINK]", "<|tool_call>call:get_weather", '<|"|>', "<tool_call|>", "<|channel>",
    "<channel|>", "<|channel|>", "analysis", "final", "commentary to=functions.clock",
    "<|message|>", "<|end|>", "<|start|>", "<|call|>", "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁sep｜>", "get_weather", "<｜tool▁call▁end｜>", "\r\n", "a",
]  # fmt: skip


@settings(deadline=None)
@given(
    family=st.sampled_from(sorted(FAMILIES)),
    pieces=st.lists(st.sampled_from(PIECES), max_size=14),
    ending=st.sampled_from(["", "<think>\n", "<|start|>assistant"]),
    data=st.data(),
)
def test_no_split_of_any_text_changes_what_it_says(
    family: str, pieces: list[str], ending: str, data: st.DataObject
) -> None:
    text = "".join(pieces)
    turn = Turn(TOOLS, ending=ending)
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=5).map(sorted))
    cuts = [0, *places, len(text)]
    split = [text[start:end] for start, end in pairwise(cuts)]
    whole = parse(family, [text], turn)
    assert parse(family, split, turn) == whole
    assert parse(family, text, turn) == whole


@settings(deadline=None)
@given(st.sampled_from(sorted(FAMILIES)), st.text(max_size=40))
def test_ordinary_text_is_content_as_it_is(family: str, text: str) -> None:
    if not any(mark in text for mark in "<[`{|"):
        assert parse(family, [text]).content == text
