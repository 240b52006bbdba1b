"""What a request may hold, and how it is told what is wrong: never a 500."""

from __future__ import annotations

import json
from typing import get_args

import httpx
import openai.types.chat.completion_create_params as chat_params
import openai.types.completion_create_params as completion_params
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jimae.api.openai.chat.convert import chat_ask, chat_request
from jimae.api.openai.chat.schema import ChatRequest
from jimae.api.openai.completions.convert import completion_asks, completion_request
from jimae.api.openai.completions.schema import CompletionRequest
from jimae.api.openai.parameters import CHAT, COMPLETIONS
from jimae.api.parameters import Support, working
from jimae.errors import JimaeError
from jimae.types import TextPrompt, TokenPrompt

URL = "/v1/chat/completions"
USER = {"role": "user", "content": "はい"}
QUESTION: dict[str, object] = {"model": "fake", "messages": [USER]}
TEXT = {"type": "text", "text": "a"}
TOOL = {"type": "function", "function": {"name": "weather"}}


def refused(**changes: object) -> JimaeError:
    with pytest.raises(JimaeError) as caught:
        chat_ask(chat_request({**QUESTION, **changes}))
    return caught.value


def test_every_parameter_of_openai_is_decided() -> None:
    chat = chat_params.CompletionCreateParamsBase.__annotations__.keys()
    completion = completion_params.CompletionCreateParamsBase.__annotations__.keys()
    assert set(chat) - set(CHAT) == set()
    assert set(completion) - set(COMPLETIONS) == set()


@pytest.mark.parametrize(
    ("changes", "near"),
    [
        ({"messages": [{"role": "user", "contents": "a"}]}, "content"),
        ({"messages": [{"role": "user", "content": [TEXT | {"txt": "b"}]}]}, "text"),
        ({"tools": [{**TOOL, "function": {"name": "f", "parameter": {}}}]}, "parameters"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "shema": {}}}},
            "schema",
        ),
    ],
)
def test_a_wrong_name_is_told_the_nearest_of_its_place(
    changes: dict[str, object], near: str
) -> None:
    error = refused(**changes)
    assert error.code == "unknown_parameter"
    assert f"Nearest: {near}" in str(error)


def test_the_table_and_the_schema_agree() -> None:
    for table, model in ((CHAT, ChatRequest), (COMPLETIONS, CompletionRequest)):
        assert working(table) == set(model.model_fields)
        assert {parameter.support for parameter in table.values()} <= set(get_args(Support))


@pytest.mark.parametrize(
    ("name", "value", "code", "param"),
    [
        ("temperature", "hot", "wrong_type", "temperature"),
        ("temperature", True, "wrong_type", "temperature"),
        ("temperature", 2.1, "out_of_range", "temperature"),
        ("temperature", float("inf"), "invalid_value", "temperature"),
        ("top_p", 0, "out_of_range", "top_p"),
        ("n", 0, "out_of_range", "n"),
        ("n", 9, "out_of_range", "n"),
        ("n", 1.5, "wrong_type", "n"),
        ("n", "1", "wrong_type", "n"),
        ("max_tokens", 0, "out_of_range", "max_tokens"),
        ("max_tokens", -(10**30), "out_of_range", "max_tokens"),
        ("max_tokens", 10**30, "out_of_range", "max_tokens"),
        ("seed", 2**63, "out_of_range", "seed"),
        ("presence_penalty", -2.01, "out_of_range", "presence_penalty"),
        ("repetition_penalty", 0, "out_of_range", "repetition_penalty"),
        ("stop", ["a"] * 17, "wrong_length", "stop"),
        ("stop", "", "wrong_length", "stop"),
        ("stop", ["a", ""], "wrong_length", "stop.1"),
        ("stop", ["a", 1], "wrong_type", "stop.1"),
        ("stop", 1, "wrong_type", "stop"),
        ("stop", "a\0", "invalid_text", "stop"),
        ("logit_bias", {"a": 1}, "invalid_value", "logit_bias.a"),
        ("logit_bias", {"1": 101}, "out_of_range", "logit_bias.1"),
        ("logit_bias", [1], "wrong_type", "logit_bias"),
        ("messages", [], "wrong_length", "messages"),
        ("messages", "hello", "wrong_type", "messages"),
        ("messages", [1], "wrong_type", "messages.0"),
        ("messages", [{"role": "user"}], "missing_parameter", "messages.0.content"),
        ("messages", [{"content": "a"}], "missing_parameter", "messages.0.role"),
        ("messages", [{"role": "boss", "content": "a"}], "invalid_choice", "messages.0.role"),
        ("messages", [{"role": "user", "content": 1}], "wrong_type", "messages.0.content"),
        (
            "messages",
            [USER, {"role": "user", "content": "a\0b"}],
            "invalid_text",
            "messages.1.content",
        ),
        (
            "messages",
            [{"role": "user", "content": [{"type": "text"}]}],
            "missing_parameter",
            "messages.0.content.0.text",
        ),
        (
            "messages",
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
            "text_only",
            "messages.0.content.0",
        ),
        (
            "messages",
            [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}],
            "invalid_choice",
            "messages.0.content.0.type",
        ),
        (
            "messages",
            [{"role": "user", "content": "a", "contents": "b"}],
            "unknown_parameter",
            "messages.0.contents",
        ),
        (
            "messages",
            [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}],
            "missing_parameter",
            "messages.0.tool_calls.0.function",
        ),
        ("stream_options", {"include_usage": True}, "conflicting_parameters", "stream_options"),
        ("max_token", 5, "unknown_parameter", "max_token"),
        (
            "tools",
            [{"type": "function", "function": {"name": "天気"}}],
            "invalid_value",
            "tools.0.function.name",
        ),
        ("tools", [{"type": "function"}], "missing_parameter", "tools.0.function"),
        ("tools", [{"type": "custom", "custom": {}}], "invalid_choice", "tools.0.type"),
        ("tools", [TOOL, TOOL], "tool_twice", "tools.1.function.name"),
        ("tool_choice", "required", "missing_parameter", "tools"),
        ("tool_choice", "maybe", "invalid_choice", "tool_choice"),
        ("tool_choice", {"type": "function"}, "missing_parameter", "tool_choice.function"),
        ("parallel_tool_calls", "yes", "wrong_type", "parallel_tool_calls"),
        ("functions", [{"name": "f"}], "replaced_parameter", "functions"),
        ("function_call", "auto", "replaced_parameter", "function_call"),
        ("best_of", 2, "unknown_parameter", "best_of"),
        ("response_format", {"type": "xml"}, "invalid_choice", "response_format.type"),
        ("response_format", {}, "missing_parameter", "response_format.type"),
        (
            "response_format",
            {"type": "json_schema", "json_schema": {"schema": {}}},
            "missing_parameter",
            "response_format.json_schema.name",
        ),
        ("structured_outputs", {}, "missing_parameter", "structured_outputs.json"),
        (
            "structured_outputs",
            {"json": {}, "regex": "a", "choice": ["b"]},
            "conflicting_parameters",
            "structured_outputs.choice",
        ),
        ("structured_outputs", {"choice": []}, "wrong_length", "structured_outputs.choice"),
        ("guided_regex", "a", "replaced_parameter", "guided_regex"),
        ("logprobs", 0, "wrong_type", "logprobs"),
        ("top_logprobs", 3, "conflicting_parameters", "top_logprobs"),
        ("top_logprobs", 21, "out_of_range", "top_logprobs"),
        ("prediction", {"type": "content"}, "missing_parameter", "prediction.content"),
        ("reasoning_effort", "most", "invalid_choice", "reasoning_effort"),
        ("continue_final_message", True, "wrong_role", "messages.0"),
        ("verbosity", "high", "unsupported_parameter", "verbosity"),
        ("store", True, "unsupported_parameter", "store"),
        ("audio", {}, "unsupported_parameter", "audio"),
        ("service_tier", "flex", "invalid_choice", "service_tier"),
        ("model", None, "missing_parameter", "model"),
        ("model", "", "wrong_length", "model"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: object, code: str, param: str) -> None:
    error = refused(**{name: value})
    assert (error.code, error.param) == (code, param)
    assert param in error.message("en")
    assert param in error.message("ja")


def test_the_nearest_names_are_told() -> None:
    assert "max_tokens" in refused(max_token=5).message("en")


def test_two_different_limits_conflict() -> None:
    error = refused(max_tokens=5, max_completion_tokens=6)
    assert (error.code, error.param) == ("conflicting_parameters", "max_completion_tokens")
    assert chat_ask(chat_request({**QUESTION, "max_tokens": 5, "max_completion_tokens": 5}))


def test_an_empty_user_is_nobody() -> None:
    assert chat_ask(chat_request({**QUESTION, "user": ""})).user is None


def test_what_another_replaced_is_told_with_its_value() -> None:
    error = refused(messages=[USER, {"role": "function", "name": "f", "content": "x"}])
    assert "'messages.1.role' is \"function\"; this server takes 'tool'" in str(error)


def test_a_pattern_is_told_in_the_language_of_the_reader() -> None:
    error = refused(tools=[{"type": "function", "function": {"name": "天気"}}])
    assert "it must match ^[A-Za-z0-9_.-]{1,128}$" in error.message("en")
    assert "この形にしてください: ^[A-Za-z0-9_.-]{1,128}$" in error.message("ja")


def test_types_are_told_together() -> None:
    assert refused(stop=1).values["expected"] == "string | array"


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a<|im_start|>", [TextPrompt("a<|im_start|>")]),
        (["a", "b"], [TextPrompt("a"), TextPrompt("b")]),
        ([1, 2], [TokenPrompt((1, 2))]),
        ([[1, 2], [3]], [TokenPrompt((1, 2)), TokenPrompt((3,))]),
    ],
)
def test_prompts_of_completions(prompt: object, wanted: object) -> None:
    asks = completion_asks(completion_request({"model": "fake", "prompt": prompt}))
    assert [ask.prompt for ask in asks] == wanted
    assert {ask.max_tokens for ask in asks} == {16}


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ([1, "a"], "wrong_type"),
        (["a", [1]], "wrong_type"),
        ([[1], []], "wrong_length"),
        (["a"] * 1025, "wrong_length"),
        (["a", "b\0"], "invalid_text"),
        ([], "wrong_length"),
        ([[]], "wrong_length"),
        ([-1], "out_of_range"),
        ([2**40], "out_of_range"),
        ([1.5], "wrong_type"),
        ([True], "wrong_type"),
        (7, "wrong_type"),
        ("a\0", "invalid_text"),
        (None, "missing_parameter"),
    ],
)
def test_prompts_that_are_refused(prompt: object, code: str) -> None:
    with pytest.raises(JimaeError) as caught:
        completion_asks(completion_request({"model": "fake", "prompt": prompt}))
    assert caught.value.code == code
    assert str(caught.value.param).startswith("prompt")


BAD_BODIES = [
    (b"", 400, "invalid_json"),
    (b"{", 400, "invalid_json"),
    (b"[]", 400, "body_not_object"),
    (b"null", 400, "body_not_object"),
    (b'{"model": NaN}', 400, "invalid_json"),
    (b'{"temperature": 1e999, "model": "fake", "messages": []}', 400, "invalid_value"),
    (b'{"model": "\xff"}', 400, "invalid_json"),
    (b'{"model": "\\ud800"}', 400, "invalid_json"),
    (b'{"model": "\\u0000", "messages": [{"role":"user","content":"a"}]}', 404, "model_not_found"),
    (b'{"a":' * 100_000, 400, "invalid_json"),
    (b'{"seed": ' + b"1" * 10_000 + b"}", 400, "invalid_json"),
    (b"x" * (2 * 1024 * 1024), 413, "body_too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES)
async def test_bad_bodies(small: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    response = await small.post(URL, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


async def test_body_is_counted_whatever_its_header_says(small: httpx.AsyncClient) -> None:
    async def chunks() -> object:
        for _ in range(20):
            yield b"x" * 100_000

    for length in ({}, {"Content-Length": "10"}, {"Content-Length": "-1"}):
        response = await small.post(
            URL,
            content=chunks(),  # type: ignore[arg-type]
            headers={"Content-Type": "application/json", **length},
        )
        assert response.status_code == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_only_json_is_read(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.post(
        URL, content=json.dumps(QUESTION), headers={"Content-Type": kind} if kind else {}
    )
    assert (response.status_code, response.json()["error"]["code"]) == (415, "media_type")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NUMBERS = st.sampled_from([0, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**63, -(2**63), 2**64, 1, -1])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(sorted(CHAT)), JSON | NUMBERS, max_size=4),
    st.booleans(),
)
def test_any_value_is_taken_or_refused_by_name(changes: dict[str, object], whole: bool) -> None:
    body = {**QUESTION, **changes} if whole else changes
    told: JimaeError | None = None
    try:
        assert 1 <= chat_ask(chat_request(body)).n <= 8
    except JimaeError as error:
        told = error
    assert told is None or (told.status == 400 and told.message("ja"))
