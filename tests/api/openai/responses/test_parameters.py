"""Every parameter of the official client's Responses and Conversations is decided."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import openai
import pytest
from openai.resources.conversations import Conversations, Items
from openai.resources.responses import InputItems, InputTokens, Responses
from openai.types.responses import ResponseIncludable, ToolParam

from api.openai.responses.tools import WEATHER
from api.openai.responses.valid import valid
from jimae.api.openai.responses.convert import INCLUDES, response_request, wanted_of
from jimae.api.openai.responses.parameters import (
    CONVERSATION_ITEMS,
    CONVERSATION_UPDATE,
    CONVERSATIONS,
    INPUT_TOKENS,
    LIST,
    RESPONSES,
    RETRIEVE,
)
from jimae.api.openai.responses.schema import (
    ConversationRequest,
    ConversationUpdate,
    ItemsRequest,
    ListQuery,
    ResponseRequest,
    RetrieveQuery,
)
from jimae.api.parameters import Table, working
from jimae.errors import JimaeError

OF_THE_CLIENT = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
OF_THE_CLIENT |= {"text_format", "parse_as"}
OF_THE_ADDRESS = {"response_id", "conversation_id", "item_id"}
# What stands in the address of a request that has a body, too.
QUERIES = {Items.create: {"include"}}


@pytest.mark.parametrize(
    ("method", "table", "model"),
    [
        (Responses.create, RESPONSES, ResponseRequest),
        (Responses.parse, RESPONSES, ResponseRequest),
        (InputTokens.count, INPUT_TOKENS, ResponseRequest),
        (Responses.retrieve, RETRIEVE, RetrieveQuery),
        (InputItems.list, LIST, ListQuery),
        (Conversations.create, CONVERSATIONS, ConversationRequest),
        (Conversations.update, CONVERSATION_UPDATE, ConversationUpdate),
        (Items.create, CONVERSATION_ITEMS, ItemsRequest),
        (Items.list, LIST, ListQuery),
    ],
)
def test_every_parameter_of_the_client(
    method: Callable[..., Any], table: Table, model: type[Any]
) -> None:
    names = inspect.signature(method).parameters.keys() - OF_THE_CLIENT - OF_THE_ADDRESS
    assert names - QUERIES.get(method, set()) - table.keys() == set()
    assert working(table) == set(model.model_fields)


def test_every_include_is_taken_or_refused_by_name() -> None:
    for name in get_args(ResponseIncludable):
        body: dict[str, object] = {"model": "fake", "input": "一", "include": [name]}
        if name in INCLUDES:
            response_request(body)
            continue
        with pytest.raises(JimaeError) as caught:
            response_request(body)
        assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "include.0")


def test_every_tool_of_openai_is_refused_by_name() -> None:
    kinds = {
        kind for tool in get_args(ToolParam) for kind in get_args(get_type_hints(tool)["type"])
    }
    assert {"function", "web_search", "mcp", "code_interpreter"} <= kinds
    for kind in kinds - {"function"}:
        with pytest.raises(JimaeError) as caught:
            response_request({"model": "fake", "input": "一", "tools": [{"type": kind}]})
        assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "tools.0.type")
        assert kind in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "file_search", "vector_store_ids": []}]}, "tools.0.type"),
        ({"tools": [{"type": "computer"}]}, "tools.0.type"),
        ({"tools": [{"type": "code_interpreter", "container": {}}]}, "tools.0.type"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools.0.type"),
        ({"tools": [{"type": "image_generation"}]}, "tools.0.type"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "function", "name": "x"}}, "tools"),
        ({"tools": [WEATHER, WEATHER]}, "tools.1.name"),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "x"}},
            "tool_choice.name",
        ),
        ({"truncation": "auto"}, "truncation"),
        ({"include": ["web_search_call.results"]}, "include.0"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"background": True, "store": False}, "background"),
        ({"conversation": "conv_1", "store": False}, "conversation"),
        ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "conversation"),
        ({"stream_options": {"include_obfuscation": False}}, "stream_options"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": "a\0"}, "input"),
        ({"instructions": "a\0"}, "instructions"),
        ({"input": [{"type": "computer_call"}]}, "input.0.type"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "input.0.content.0",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
            "input.0.content.0.type",
        ),
        ({"input": [{"role": "user"}]}, "input.0.content"),
        (
            {"input": [{"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "x"}]},
            "input.0.encrypted_content",
        ),
        ({"reasoning": {"summary": "detailed"}}, "reasoning.summary"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"top_logprobs": 21}, "top_logprobs"),
        ({"metadata": {"a": 1}}, "metadata.a"),
        ({"temprature": 1}, "temprature"),
        ({"messages": [{"role": "user", "content": "一"}]}, "messages"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"prompt_cache_options": {"prewarm": True}}, "prompt_cache_options"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes: dict[str, object], param: str) -> None:
    with pytest.raises(JimaeError) as caught:
        wanted_of(response_request({"model": "fake", "input": "一", **changes}))
    assert caught.value.param == param
    assert caught.value.status == 400


async def test_harmless_parameters_are_taken(api: openai.AsyncOpenAI) -> None:
    response = await api.responses.create(
        model="fake",
        input="一",
        prompt_cache_key="k",
        safety_identifier="s",
        service_tier="auto",
        truncation="disabled",
        max_tool_calls=3,
        text={"format": {"type": "text"}, "verbosity": "medium"},
        reasoning={"effort": None, "summary": "auto", "mode": "standard"},
        tools=[{**WEATHER, "defer_loading": False, "output_schema": None}],
        include=["reasoning.encrypted_content"],
        top_logprobs=0,
    )
    valid(response)
