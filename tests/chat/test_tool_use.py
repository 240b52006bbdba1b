"""Grammars of calls, walked by llguidance: what each family may write, and what not."""

from __future__ import annotations

import json
from typing import Any

import llguidance
import pytest

from fakes.parsing import TOOLS, WEATHER, at_every_split
from jimae.chat import tool_use
from jimae.chat.grammars import json_schema
from jimae.chat.parsers.base import Turn
from jimae.chat.parsers.registry import FAMILIES
from jimae.errors import JimaeError
from jimae.types import Tool, ToolChoice

TOKENIZER = llguidance.LLTokenizer("byte")
REQUIRED = ToolChoice("required")


def written(family: str, name: str = "get_weather", arguments: str = '{"days": 2}') -> str:
    """A call as the family's grammar has it."""
    syntax = FAMILIES[family].syntax
    if syntax.notation == "xml":
        values = json.loads(arguments)
        arguments = "".join(
            f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in values.items()
        )
    if syntax.notation == "gemma":
        arguments = gemma(json.loads(arguments))
    begin = syntax.first + syntax.begin.replace("{name}", name)
    return begin + arguments + syntax.end + syntax.last


def gemma(value: Any) -> str:
    """A value in Gemma 4's notation."""
    if isinstance(value, str):
        return f'<|"|>{value}<|"|>'
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{gemma(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(gemma, value)) + "]"
    return json.dumps(value)


def allows(family: str, text: str, turn: Turn, content: Any = None) -> bool:
    """Whether the grammar of an answer takes this text as a whole."""
    grammar = tool_use.grammar(
        FAMILIES[family], turn, {}, template=FAMILIES[family].before_content, content=content
    )
    assert grammar is not None
    matcher = llguidance.LLMatcher(TOKENIZER, grammar)
    tokens = TOKENIZER.tokenize_str(text)
    taken = matcher.try_consume_tokens(tokens)
    assert not matcher.get_error()
    return taken == len(tokens) and matcher.is_accepting()


@pytest.mark.parametrize("family", FAMILIES)
def test_forced_calls(family: str) -> None:
    turn = Turn(TOOLS, REQUIRED)
    assert allows(family, written(family), turn)
    assert not allows(family, "はい。", turn)
    assert not allows(family, written(family, "unknown"), turn)
    assert not allows(family, written(family, arguments='{"days": "two"}'), turn)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_grammar_allows_is_read_as_a_call(family: str) -> None:
    (call,) = at_every_split(family, written(family)).calls
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"days": 2}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_call_by_name(family: str) -> None:
    turn = Turn(TOOLS, ToolChoice("required", "clock"))
    assert allows(family, written(family, "clock", "{}"), turn)
    assert not allows(family, written(family), turn)


@pytest.mark.parametrize("family", FAMILIES)
def test_free_text_until_a_call_begins(family: str) -> None:
    turn = Turn(TOOLS)
    before = FAMILIES[family].before_content
    assert allows(family, before + "天気を調べる道具があります。{}", turn)
    # Some write calls in place of text, not behind it.
    text = "" if before else "調べます。"
    assert allows(family, text + written(family), turn)
    assert not allows(family, text + written(family, "unknown"), turn)
    assert not allows(family, text + written(family, arguments='{"days": "two"}'), turn)


@pytest.mark.parametrize("family", FAMILIES)
def test_calls_in_a_row_only_where_they_are_wanted(family: str) -> None:
    syntax = FAMILIES[family].syntax
    first = written(family).removesuffix(syntax.last)
    two = first + syntax.between + written(family).removeprefix(syntax.first)
    assert allows(family, two, Turn(TOOLS, REQUIRED))
    assert not allows(family, two, Turn(TOOLS, ToolChoice("required", parallel=False)))


def test_a_form_or_calls() -> None:
    content = json_schema.from_text('{"type":"object","properties":{"a":{"type":"integer"}}}')
    turn = Turn(TOOLS)
    assert allows("hermes", '{"a": 1}', turn, content)
    assert allows("hermes", written("hermes"), turn, content)
    assert not allows("hermes", "text", turn, content)


@pytest.mark.parametrize("before", ["", "<think>\nまず"])
def test_reasoning_before_forced_calls(before: str) -> None:
    turn = Turn(TOOLS, REQUIRED, ending=before or "<think>\n", written=before)
    grammar = tool_use.grammar(FAMILIES["hermes"], turn, {}, template="<think>")
    assert grammar is not None
    matcher = llguidance.LLMatcher(TOKENIZER, grammar)
    tokens = TOKENIZER.tokenize_str("考え</think>\n\n" + written("hermes"))
    assert matcher.try_consume_tokens(tokens) == len(tokens)


HARD = Tool("hard", parameters='{"type":"object","not":{"required":["a"]}}')


def test_a_schema_that_cannot_be_enforced() -> None:
    strict = Tool(HARD.name, parameters=HARD.parameters, strict=True)
    for turn in (Turn((WEATHER, HARD), REQUIRED), Turn((strict,))):
        with pytest.raises(JimaeError) as caught:
            tool_use.grammar(FAMILIES["hermes"], turn, {}, template="")
        assert caught.value.status == 400
        assert "not" in str(caught.value)
        assert "hard" in str(caught.value)
    turn = Turn((HARD,))
    assert allows("hermes", written("hermes", "hard", '{"any": [1]}'), turn)
    assert not allows("hermes", written("hermes", "hard", "[1]"), turn)


def test_a_text_without_quotes_cannot_have_a_pattern() -> None:
    schema = '{"type":"object","properties":{"x":{"type":"string","pattern":"^a+$"}}}'
    tool = Tool("f", parameters=schema)
    with pytest.raises(JimaeError, match="pattern"):
        tool_use.grammar(FAMILIES["qwen-coder"], Turn((tool,), REQUIRED), {}, template="")
    call = written("qwen-coder", "f", '{"x": "b"}')
    assert allows("qwen-coder", call, Turn((tool,)))


def test_parameters_of_xml() -> None:
    schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "unit": {"enum": ["c", "f"]},
            "list": {"type": "array", "items": {"$ref": "#/$defs/n"}},
        },
        "required": ["text"],
        "$defs": {"n": {"type": "integer"}},
    }
    turn = Turn((Tool("f", parameters=json.dumps(schema)),), REQUIRED)

    def call(arguments: dict[str, Any]) -> bool:
        return allows("qwen-coder", written("qwen-coder", "f", json.dumps(arguments)), turn)

    assert call({"text": "a\n<b> 東京", "unit": "c", "list": [1, 2]})
    assert call({"text": ""})
    assert not call({"unit": "c"})
    assert not call({"text": "", "unit": "k"})
    assert not call({"text": "", "list": "a"})


GEMMA_SCHEMA = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "unit": {"enum": ["c", "f", 1]},
        "tree": {"$ref": "#/$defs/tree"},
        "maybe": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
        "more": {"type": ["object", "number"]},
    },
    "required": ["text"],
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {
                "leaf": {"type": "integer"},
                "branches": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
        }
    },
}


@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ({"text": 'a "b" {東京}\n'}, True),
        ({"text": "", "unit": "c", "maybe": None}, True),
        ({"text": "", "unit": 1, "maybe": True, "more": {"a b": [1, "x"]}}, False),
        ({"text": "", "unit": 1, "more": {"a": [1, "x", {"b": -0.5}]}}, True),
        ({"text": "", "tree": {"branches": [{"leaf": 1}, {"branches": []}], "leaf": 2}}, True),
        ({"unit": "c"}, False),
        ({"text": "", "unit": "k"}, False),
        ({"text": 1}, False),
        ({"text": "", "tree": {"leaf": "x"}}, False),
        ({"text": "", "other": 1}, False),
    ],
)
def test_arguments_of_gemma_4(arguments: dict[str, Any], right: bool) -> None:
    turn = Turn((Tool("f", parameters=json.dumps(GEMMA_SCHEMA)),), REQUIRED)
    text = written("gemma4", "f", json.dumps(arguments))
    assert allows("gemma4", text, turn) == right
    if right:
        (call,) = at_every_split("gemma4", text, turn).calls
        assert json.loads(call.arguments) == arguments


def test_bounds_that_gemma_4_cannot_be_held_to() -> None:
    schema = '{"type":"object","properties":{"n":{"type":"integer","minimum":3}}}'
    tool = Tool("f", parameters=schema)
    with pytest.raises(JimaeError, match="minimum"):
        tool_use.grammar(FAMILIES["gemma4"], Turn((tool,), REQUIRED), {}, template="")
    assert allows("gemma4", written("gemma4", "f", '{"n": 1}'), Turn((tool,)))


def test_a_name_that_is_not_offered() -> None:
    with pytest.raises(JimaeError) as caught:
        tool_use.grammar(
            FAMILIES["hermes"], Turn(TOOLS, ToolChoice("required", "no")), {}, template=""
        )
    assert caught.value.code == "tool_not_offered"


def test_which_tools_are_offered() -> None:
    assert tool_use.offered(TOOLS, ToolChoice("none")) == ()
    assert tool_use.offered(TOOLS, ToolChoice()) == TOOLS
    assert tool_use.offered(TOOLS, ToolChoice("required", "clock")) == TOOLS


def test_nothing_asked_for_is_free() -> None:
    assert tool_use.grammar(FAMILIES["hermes"], Turn(), {}, template="<think>") is None
