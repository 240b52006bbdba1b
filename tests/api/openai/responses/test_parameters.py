"""Every parameter of the official client's Responses and Conversations is decided."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest
from openai.resources.conversations import Conversations, Items
from openai.resources.responses import InputItems, InputTokens, Responses
from openai.types.responses import ResponseIncludable, ToolParam

from jimae.api.openai.responses.convert import INCLUDES, response_request
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
