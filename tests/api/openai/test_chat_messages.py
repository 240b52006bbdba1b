"""Conversations with calls and their results: what reaches the model, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fakes.weather import ARGUMENTS, QUESTION, TOOL, asked, call, result
from jimae.api.openai.chat.convert import chat_ask, chat_request
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import (
    ChatPrompt,
    Grammar,
    Message,
    Outputs,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)


def ask(*messages: dict[str, Any], **more: Any) -> Ask:
    body = {"model": "fake", "messages": list(messages) or [QUESTION], **more}
    return chat_ask(chat_request(body))


def prompt(*messages: dict[str, Any], **more: Any) -> ChatPrompt:
    found = ask(*messages, **more).prompt
    assert isinstance(found, ChatPrompt)
    return found


def refused(*messages: dict[str, Any], **more: Any) -> tuple[str, str | None]:
    with pytest.raises(JimaeError) as caught:
        ask(*messages, **more)
    assert str(caught.value.param) in caught.value.message("ja")
    return caught.value.code, caught.value.param


def test_calls_and_results_reach_the_model() -> None:
    thought = asked(call()) | {"reasoning_content": "天気なら道具がある。", "refusal": None}
    assert prompt(QUESTION, thought, result()).messages[1:] == (
        Message(
            "assistant",
            (TextPart(""),),
            reasoning="天気なら道具がある。",
            tool_calls=(ToolCall("call_1", "get_weather", ARGUMENTS),),
        ),
        Message("tool", (TextPart('{"weather":"晴れ","celsius":21}'),), tool_call_id="call_1"),
    )


def test_results_may_come_in_any_order() -> None:
    calls = asked(call("a"), call("b"))
    assert len(prompt(QUESTION, calls, result("b"), result("a"), QUESTION).messages) == 5


def test_an_id_may_be_used_again_in_a_later_message() -> None:
    turn = (QUESTION, asked(call()), result())
    assert len(prompt(*turn, *turn).messages) == 6


def test_a_call_that_is_no_json_is_taken_as_it_is() -> None:
    written = prompt(QUESTION, asked(call(arguments="{city:")), result()).messages[1]
    assert written.tool_calls[0].arguments == "{city:"


@pytest.mark.parametrize(
    ("messages", "code", "param"),
    [
        ([QUESTION, result()], "tool_result_unmatched", "messages.1.tool_call_id"),
        (
            [QUESTION, asked(call("a")), result("b")],
            "tool_result_unmatched",
            "messages.2.tool_call_id",
        ),
        (
            [QUESTION, asked(call()), result(), result()],
            "tool_result_unmatched",
            "messages.3.tool_call_id",
        ),
        ([QUESTION, asked(call())], "tool_result_missing", "messages.1.tool_calls"),
        (
            [QUESTION, asked(call("a"), call("b")), result("a"), QUESTION],
            "tool_result_missing",
            "messages.1.tool_calls",
        ),
        ([QUESTION | {"tool_calls": [call()]}], "wrong_role", "messages.0.tool_calls"),
        ([QUESTION | {"tool_call_id": "a"}], "wrong_role", "messages.0.tool_call_id"),
        ([{"role": "tool", "content": "a"}], "missing_parameter", "messages.0.tool_call_id"),
        (
            [asked({"id": "a", "type": "custom", "function": {"name": "a", "arguments": ""}})],
            "invalid_choice",
            "messages.0.tool_calls.0.type",
        ),
        (
            [{"role": "assistant", "content": None, "function_call": {"name": "a"}}],
            "replaced_parameter",
            "messages.0.function_call",
        ),
        (
            [{"role": "function", "name": "a", "content": "b"}],
            "replaced_parameter",
            "messages.0.role",
        ),
    ],
)
def test_what_does_not_belong_together_is_named(
    messages: list[dict[str, Any]], code: str, param: str
) -> None:
    assert refused(*messages) == (code, param)


def test_what_a_client_sends_back_of_an_answer_is_taken() -> None:
    answer = {
        "role": "assistant",
        "content": None,
        "refusal": "できません。",
        "annotations": [],
        "audio": None,
        "function_call": None,
        "tool_calls": None,
    }
    helped = asked({**call(), "index": 0})
    helped["tool_calls"][0]["function"]["parsed_arguments"] = {"city": "東京"}
    assert prompt(QUESTION, helped | {"parsed": {"a": 1}}, result()).messages[1].tool_calls
    parts = {"role": "assistant", "content": [{"type": "refusal", "refusal": "いいえ"}]}
    assert prompt(QUESTION, answer).messages[1].content == (TextPart("できません。"),)
    assert prompt(QUESTION, parts).messages[1].content == (TextPart("いいえ"),)


def test_where_a_cache_should_break_means_nothing() -> None:
    part = {"type": "text", "text": "はい", "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert prompt({"role": "user", "content": [part]}).messages[0].content == (TextPart("はい"),)


OTHER = {"type": "function", "function": {"name": "other", "strict": True}}
NAMED = {"type": "function", "function": {"name": "get_weather"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}


def test_tools_reach_the_model_with_their_schemas() -> None:
    weather, other = prompt(tools=[TOOL, OTHER]).tools
    assert weather.description == "ある都市の現在の天気を調べる"
    assert weather.parameters.startswith('{"type": "object", "properties": {"city":')
    assert "都市の名前" in weather.parameters
    assert not weather.strict
    assert other == Tool("other", strict=True)
    # OpenAI: a function of which no parameters are told has none.
    assert json.loads(other.parameters)["additionalProperties"] is False


@pytest.mark.parametrize(
    ("more", "choice", "shown"),
    [
        ({}, ToolChoice("auto"), 2),
        ({"tool_choice": "auto"}, ToolChoice("auto"), 2),
        ({"tool_choice": "none"}, ToolChoice("none"), 2),
        ({"tool_choice": "required"}, ToolChoice("required"), 2),
        ({"tool_choice": NAMED}, ToolChoice("required", "get_weather", parallel=False), 2),
        ({"tool_choice": ALLOWED}, ToolChoice("required"), 1),
        ({"parallel_tool_calls": False}, ToolChoice("auto", parallel=False), 2),
    ],
)
def test_every_tool_choice(more: dict[str, Any], choice: ToolChoice, shown: int) -> None:
    found = ask(tools=[TOOL, OTHER], **more)
    assert found.tool_choice == choice
    assert isinstance(found.prompt, ChatPrompt)
    assert len(found.prompt.tools) == shown


def test_without_tools_there_is_nothing_to_choose() -> None:
    assert ask(tool_choice="auto", parallel_tool_calls=False).tool_choice == ToolChoice()
    assert refused(tool_choice=NAMED) == ("missing_parameter", "tools")
    assert refused(tools=[OTHER], tool_choice=NAMED) == (
        "tool_unknown",
        "tool_choice.function.name",
    )
    assert refused(tools=[OTHER], tool_choice=ALLOWED) == (
        "tool_unknown",
        "tool_choice.allowed_tools.tools.0.function.name",
    )


SCHEMA = {"type": "object", "properties": {"都市": {"type": "string"}}, "required": ["都市"]}
SCHEMA_TEXT = '{"type": "object", "properties": {"都市": {"type": "string"}}, "required": ["都市"]}'


@pytest.mark.parametrize(
    ("more", "grammar"),
    [
        ({"response_format": {"type": "text"}}, None),
        ({"response_format": {"type": "json_object"}}, Grammar("json_object")),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n"}}},
            Grammar("json_object"),
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "n", "schema": SCHEMA, "strict": True},
                }
            },
            Grammar("json_schema", SCHEMA_TEXT),
        ),
        ({"structured_outputs": {"json": SCHEMA}}, Grammar("json_schema", SCHEMA_TEXT)),
        ({"structured_outputs": {"json": "{}"}}, Grammar("json_schema", "{}")),
        ({"structured_outputs": {"json_object": True}}, Grammar("json_object")),
        ({"structured_outputs": {"regex": "a+"}}, Grammar("regex", "a+")),
        ({"structured_outputs": {"choice": ["a.b", "い"]}}, Grammar("regex", r"a\.b|い")),
        ({"structured_outputs": {"grammar": 'start: "a"'}}, Grammar("lark", 'start: "a"')),
        ({"structured_outputs": {"grammar": 'root ::= "a"'}}, Grammar("gbnf", 'root ::= "a"')),
    ],
)
def test_every_form(more: dict[str, Any], grammar: Grammar | None) -> None:
    assert ask(**more).grammar == grammar


def test_two_forms_conflict() -> None:
    more = {"response_format": {"type": "json_object"}, "structured_outputs": {"regex": "a"}}
    assert refused(**more) == ("conflicting_parameters", "structured_outputs")


def test_the_rest_reaches_the_model() -> None:
    found = ask(
        QUESTION,
        {"role": "assistant", "content": "今日は"},
        logprobs=True,
        top_logprobs=3,
        prediction={"type": "content", "content": [{"type": "text", "text": "a"}] * 2},
        reasoning_effort="max",
        continue_final_message=True,
    )
    assert found.outputs == Outputs(logprobs=3)
    assert found.prediction == "aa"
    assert isinstance(found.prompt, ChatPrompt)
    assert found.prompt.reasoning_effort == "xhigh"
    assert found.prompt.continue_last
    assert ask(logprobs=True).outputs == Outputs(logprobs=0)
    assert ask(logprobs=False, top_logprobs=None).outputs == Outputs()
