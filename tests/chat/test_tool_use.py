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
    assert syntax is not None
    if syntax.notation == "xml":
        values = json.loads(arguments)
        arguments = "".join(
            f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in values.items()
        )
    begin = syntax.first + syntax.begin.replace("{name}", name)
    return begin + arguments + syntax.end + syntax.last


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


WITH_GRAMMAR = [name for name, family in FAMILIES.items() if family.syntax is not None]


def test_only_gemma_4_has_none() -> None:
    assert set(FAMILIES) - set(WITH_GRAMMAR) == {"gemma4"}


@pytest.mark.parametrize("family", WITH_GRAMMAR)
def test_forced_calls(family: str) -> None:
    turn = Turn(TOOLS, REQUIRED)
    assert allows(family, written(family), turn)
    assert not allows(family, "はい。", turn)
    assert not allows(family, written(family, "unknown"), turn)
    assert not allows(family, written(family, arguments='{"days": "two"}'), turn)


@pytest.mark.parametrize("family", WITH_GRAMMAR)
def test_what_a_grammar_allows_is_read_as_a_call(family: str) -> None:
    (call,) = at_every_split(family, written(family)).calls
    assert call.name == "get_weather"
    assert json.loads(call.arguments) == {"days": 2}


@pytest.mark.parametrize("family", WITH_GRAMMAR)
def test_a_call_by_name(family: str) -> None:
    turn = Turn(TOOLS, ToolChoice("required", "clock"))
    assert allows(family, written(family, "clock", "{}"), turn)
    assert not allows(family, written(family), turn)


@pytest.mark.parametrize("family", WITH_GRAMMAR)
def test_free_text_until_a_call_begins(family: str) -> None:
    turn = Turn(TOOLS)
    before = FAMILIES[family].before_content
    assert allows(family, before + "天気を調べる道具があります。{}", turn)
    # Some write calls in place of text, not behind it.
    text = "" if before else "調べます。"
    assert allows(family, text + written(family), turn)
    assert not allows(family, text + written(family, "unknown"), turn)
    assert not allows(family, text + written(family, arguments='{"days": "two"}'), turn)


@pytest.mark.parametrize("family", WITH_GRAMMAR)
def test_calls_in_a_row_only_where_they_are_wanted(family: str) -> None:
    syntax = FAMILIES[family].syntax
    assert syntax is not None
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


def test_reasoning_before_forced_calls() -> None:
    turn = Turn(TOOLS, REQUIRED, ending="<think>\n")
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


@pytest.mark.parametrize(
    ("turn", "content", "param"),
    [
        (Turn(TOOLS, REQUIRED), None, "tool_choice"),
        (Turn(TOOLS), json_schema.any_object(), "response_format"),
        (Turn((Tool("f", strict=True),)), None, "tools"),
    ],
)
def test_a_family_without_a_grammar_says_so(turn: Turn, content: Any, param: str) -> None:
    family = FAMILIES["gemma4"]
    with pytest.raises(JimaeError) as caught:
        tool_use.grammar(family, turn, {}, template="", content=content)
    assert (caught.value.code, caught.value.param) == ("calls_without_grammar", param)
    assert tool_use.grammar(family, Turn(TOOLS), {}, template="") is None


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
