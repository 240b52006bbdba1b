"""What a request may hold, what it becomes, and how it is told what is wrong."""

from __future__ import annotations

import contextlib
from typing import Any

import anthropic.types.beta.message_create_params as beta_params
import anthropic.types.message_count_tokens_params as count_params
import anthropic.types.message_create_params as params
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.api.anthropic.convert import count_tokens_request, messages_ask, messages_request, prompt
from jimae.api.anthropic.parameters import COUNT_TOKENS, MESSAGES
from jimae.api.anthropic.schema import CountTokensRequest, MessagesRequest
from jimae.api.parameters import working
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import ChatPrompt, Grammar, Message, TextPart, ToolCall, ToolChoice

USER = {"role": "user", "content": "はい"}
TOOL = {"name": "weather", "input_schema": {"type": "object"}}
ASKED: dict[str, Any] = {"model": "fake", "max_tokens": 9000, "messages": [USER]}


def asked(**changes: object) -> Ask:
    return messages_ask(messages_request({**ASKED, **changes}))


def shown(*messages: object, **changes: object) -> ChatPrompt:
    made = asked(messages=list(messages), **changes).prompt
    assert isinstance(made, ChatPrompt)
    return made


def refused(**changes: object) -> JimaeError:
    with pytest.raises(JimaeError) as caught:
        asked(**changes)
    return caught.value


def message(role: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def text(written: str) -> dict[str, Any]:
    return {"type": "text", "text": written}


def use(call: str = "a") -> dict[str, Any]:
    return {"type": "tool_use", "id": call, "name": "weather", "input": {"city": "東京"}}


def result(call: str = "a", **more: object) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call, "content": "晴れ", **more}


def test_every_parameter_of_anthropic_is_decided() -> None:
    for known in (params.MessageCreateParamsBase, beta_params.MessageCreateParamsBase):
        assert set(known.__annotations__) - set(MESSAGES) == set()
    assert set(count_params.MessageCountTokensParams.__annotations__) - set(COUNT_TOKENS) == set()


def test_the_tables_and_the_schemas_agree() -> None:
    assert working(MESSAGES) == set(MessagesRequest.model_fields)
    assert working(COUNT_TOKENS) == set(CountTokensRequest.model_fields)


def test_turns_become_messages() -> None:
    made = shown(
        USER,
        message("user", text("a"), text("b")),
        message("assistant", {"type": "thinking", "thinking": "うむ"}, text("c"), use()),
        message("user", result(is_error=True), text("d")),
        system=[text("x"), text("y")],
        tools=[TOOL],
    )
    line = TextPart("\n")
    assert made.messages == (
        Message("system", (TextPart("x"), line, TextPart("y"))),
        Message("user", (TextPart("はい"), line, TextPart("a"), line, TextPart("b"))),
        Message(
            "assistant",
            (TextPart("c"),),
            reasoning="うむ",
            tool_calls=(ToolCall("a", "weather", '{"city": "東京"}'),),
        ),
        Message("tool", (TextPart("Error: "), TextPart("晴れ")), tool_call_id="a"),
        Message("user", (TextPart("d"),)),
    )
    assert not made.continue_last


def test_a_last_turn_of_the_assistant_is_gone_on_with() -> None:
    assert shown(USER, {"role": "assistant", "content": "答えは("}).continue_last


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (None, ToolChoice()),
        ({"type": "auto"}, ToolChoice()),
        ({"type": "auto", "disable_parallel_tool_use": True}, ToolChoice(parallel=False)),
        ({"type": "any"}, ToolChoice("required")),
        ({"type": "tool", "name": "weather"}, ToolChoice("required", "weather", parallel=False)),
        ({"type": "none"}, ToolChoice("none")),
    ],
)
def test_choice_of_tools(choice: object, wanted: ToolChoice) -> None:
    assert asked(tools=[TOOL], tool_choice=choice).tool_choice == wanted


@pytest.mark.parametrize(
    ("changes", "effort"),
    [
        ({}, None),
        ({"thinking": {"type": "disabled"}}, "none"),
        ({"thinking": {"type": "adaptive"}}, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1025}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 16384}, "max_tokens": 20000}, "high"),
        ({"output_config": {"effort": "max"}, "thinking": {"type": "adaptive"}}, "xhigh"),
    ],
)
def test_thinking_is_an_effort(changes: dict[str, object], effort: str | None) -> None:
    made = asked(**changes).prompt
    assert isinstance(made, ChatPrompt)
    assert made.reasoning_effort == effort


def test_what_coding_tools_send_is_taken() -> None:
    ask = asked(
        system=[{**text("x"), "cache_control": {"type": "ephemeral"}}],
        tools=[{**TOOL, "type": "custom", "eager_input_streaming": True}],
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        metadata={"user_id": "u" * 200},
        service_tier="auto",
        output_config={"format": {"type": "json_schema", "schema": {"type": "object"}}},
    )
    assert ask.grammar == Grammar("json_schema", '{"type": "object"}')
    assert ask.user == "u" * 200


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"max_tokens": None}, "missing_parameter", "max_tokens"),
        ({"max_tokens": 0}, "out_of_range", "max_tokens"),
        ({"temperature": 1.5}, "out_of_range", "temperature"),
        ({"stop": "a"}, "unknown_parameter", "stop"),
        ({"stop_sequences": [""]}, "wrong_length", "stop_sequences.0"),
        ({"mcp_servers": [{}]}, "unsupported_parameter", "mcp_servers"),
        ({"speed": "fast"}, "unsupported_parameter", "speed"),
        (
            {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
            "unsupported_parameter",
            "context_management",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 9000}},
            "out_of_range",
            "thinking.budget_tokens",
        ),
        (
            {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
            "unsupported_parameter",
            "tools.0.type",
        ),
        ({"tools": [TOOL, TOOL]}, "tool_twice", "tools.1.name"),
        (
            {"tools": [{**TOOL, "input_examples": [{}]}]},
            "unsupported_parameter",
            "tools.0.input_examples",
        ),
        ({"tool_choice": {"type": "any"}}, "missing_parameter", "tools"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "no"}},
            "tool_unknown",
            "tool_choice.name",
        ),
        (
            {"messages": [message("user", {"type": "image", "source": {}})]},
            "text_only",
            "messages.0.content.0",
        ),
        (
            {
                "messages": [
                    USER,
                    message("assistant", use()),
                    message("user", result(content=[{"type": "image"}])),
                ]
            },
            "text_only",
            "messages.2.content.0.content.0",
        ),
        (
            {"messages": [message("user", {"type": "redacted_thinking", "data": "x"})]},
            "unsupported_parameter",
            "messages.0.content.0.type",
        ),
        ({"messages": [message("user", use())]}, "wrong_role", "messages.0.content.0"),
        (
            {"messages": [message("user", result())]},
            "tool_result_unmatched",
            "messages.0.content.0.tool_use_id",
        ),
        (
            {"messages": [USER, message("assistant", use())]},
            "tool_result_missing",
            "messages.1.content.0",
        ),
        (
            {"messages": [USER, message("assistant", use()), message("user", text("a"), result())]},
            "tool_result_missing",
            "messages.1.content.0",
        ),
        ({"messages": [message("user", text("a\0"))]}, "invalid_text", "messages.0.content.0.text"),
        ({"system": "a\0"}, "invalid_text", "system"),
        *(
            (
                {"messages": [message("user", {"type": kind})]},
                "invalid_choice",
                "messages.0.content.0.type",
            )
            for kind in ({}, [], None, 1)
        ),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], code: str, param: str) -> None:
    error = refused(**changes)
    assert (error.code, error.param) == (code, param)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([USER, message("assistant", use())], "'tool_result' with this tool_use_id"),
        ([message("user", result())], "with its tool_use,"),
    ],
)
def test_a_result_that_does_not_fit_is_told_in_their_words(
    messages: list[object], words: str
) -> None:
    sentence = str(refused(messages=messages))
    assert words in sentence
    assert "tool_call" not in sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "thinking", "tool_use", "tool_result", "image", "x"])},
    optional={
        "text": st.text(max_size=3),
        "thinking": st.text(max_size=3),
        "id": st.sampled_from(["a", "b"]),
        "tool_use_id": st.sampled_from(["a", "b"]),
        "name": st.just("weather"),
        "input": st.just({}),
        "content": JSON,
    },
)
TURNS = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["user", "assistant", "system"]),
            "content": st.lists(BLOCKS, max_size=3) | st.text(max_size=3),
        }
    ),
    max_size=4,
)


@given(
    st.fixed_dictionaries(
        {"model": st.just("fake"), "messages": TURNS | JSON},
        optional={
            name: JSON for name in MESSAGES if "." not in name and name not in ("model", "messages")
        },
    )
)
def test_anything_is_an_ask_or_an_error_with_a_code(body: dict[str, Any]) -> None:
    for read in (
        lambda sent: messages_ask(messages_request(sent)),
        lambda sent: prompt(count_tokens_request(sent)),
    ):
        with contextlib.suppress(JimaeError):
            read({**body})
