"""Calls without a mark: held to their schema from where they begin, and nothing else is."""

from __future__ import annotations

import json

import llguidance
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.parsing import TOOLS, at_every_split, parse
from jimae.chat import tool_use
from jimae.chat.parsers.base import Turn
from jimae.chat.parsers.registry import FAMILIES
from jimae.types import Tool, ToolChoice

TOKENIZER = llguidance.LLTokenizer("byte")
GRAMMAR = tool_use.grammar(FAMILIES["hermes"], Turn(TOOLS), {}, template="")

FENCES = (
    *("", "```json\n", "```\n", "Here it is:\n\n```json\n", "``` ```json \n ", "```py\nx\n```\n"),
    '```json\n{"name": "tanaka"}\n```\nor\n\n```json\n',
    '{"name": "tanaka"} ```\n',
)
FORMS = (
    '{"name": "get_weather", "arguments": %s}',
    '{\n  "name": "get_weather",\n  "arguments": %s\n}',
    '{"name":"get_weather","parameters":%s}',
    '[{"function": "get_weather", "args": %s}]',
)


def taken(text: str, turn: Turn | None = None, *, whole: bool = True) -> bool:
    """Whether an answer may be, or with `whole` False begin with, this text."""
    grammar = GRAMMAR
    if turn is not None:
        grammar = tool_use.grammar(FAMILIES["hermes"], turn, {}, template="")
    assert grammar is not None
    matcher = llguidance.LLMatcher(TOKENIZER, grammar)
    assert not matcher.get_error()
    tokens = TOKENIZER.tokenize_str(text)
    return matcher.try_consume_tokens(tokens) == len(tokens) and (
        not whole or matcher.is_accepting()
    )


@pytest.mark.parametrize("fence", FENCES)
@pytest.mark.parametrize("form", FORMS)
def test_arguments_keep_to_their_schema(fence: str, form: str) -> None:
    end = "\n```" if fence else ""
    text = fence + form % '{"city": "東京", "days": 2}' + end
    assert taken(text)
    (call,) = at_every_split("hermes", text).calls
    assert json.loads(call.arguments) == {"city": "東京", "days": 2}
    assert not taken(fence + form % '{"days": "two"}' + end)
    assert not taken(fence + form.partition("%")[0] + '{"days": "t', whole=False)
    assert not taken(fence + form.partition("%")[0] + "[", whole=False)


def test_several_calls_keep_to_theirs() -> None:
    first, second = (form % '{"days": 2}' for form in FORMS[:2])
    wrong = FORMS[0] % '{"days": "two"}'
    for begin, between, end in (
        ("", "\n", ""),
        ("", ", ", ""),
        ("[", ", ", "]"),
        ("```json\n", "\n", "\n```"),
        ("```json\n", "\n```\n```json\n", "\n```"),
        ("```json\n", "\n```\n\n```\n", "\n```"),
    ):
        text = begin + first + between + second + end
        assert taken(text)
        assert len(at_every_split("hermes", text).calls) == 2
        assert not taken(begin + first + between + wrong, whole=False)
        alone = Turn(TOOLS, ToolChoice(parallel=False))
        assert taken(begin + first + end, alone)
        assert not taken(text, alone)


@pytest.mark.parametrize("before", ["````json\n", "See ", '{"name": "tanaka"} ', "```python\n"])
def test_where_no_call_can_begin_arguments_are_free(before: str) -> None:
    text = before + FORMS[0] % '{"days": "two"}'
    assert not parse("hermes", [text]).calls
    assert taken(text)


PIECES = st.sampled_from(
    [
        *(
            "```json\n",
            "```\n",
            "```",
            "`",
            "```python\n",
            "\n",
            " ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            ":",
        ),
        *('"name": "get_weather"', '"name": "tanaka"', '"arguments": ', '"arguments"', '"age": 3'),
        *('{"name": "get_weather", "age": 3}', '{"name": "clock"}', '"name"', '"clock"', "東京"),
        *('{"name": "tanaka", "arguments": {"days": "two"}}', '{"days": "two"}', "text "),
        *('See {"name": "get_weather", "arguments": {"days": "two"}}', '{"name": "get_weather", '),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=8))
def test_what_is_no_call_is_free(pieces: list[str]) -> None:
    text = "".join(pieces)
    if not parse("hermes", [text]).calls and not looks_like_a_call(text):
        assert taken(text), text


def looks_like_a_call(text: str) -> bool:
    """Whether arguments have begun that are no object: a model is then made to write one."""
    return any(parse("hermes", [text[:end] + "{"]).calls for end in range(len(text)))


def test_any_name_stands_for_itself() -> None:
    tool = Tool("a.b/c$^", parameters=TOOLS[0].parameters)
    assert taken('{"name": "a.b/c$^", "arguments": {"days": 1}}', Turn((tool,)))
    assert not taken('{"name": "a.b/c$^", "arguments": {"days": "1"', Turn((tool,)), whole=False)
    assert taken('{"name": "aXb/c$^", "arguments": {"days": "1"}}', Turn((tool,)))
