"""What a request may hold, what it becomes, and how it is told what is wrong."""

from __future__ import annotations

import contextlib
from typing import Any

import ollama
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ollama._types import ChatRequest, GenerateRequest

from jimae.api.dialects import dialect
from jimae.api.ollama.convert import (
    chat_ask,
    chat_request,
    generate_ask,
    generate_request,
    only_loads,
)
from jimae.api.ollama.parameters import CHAT, GENERATE, OPTIONS
from jimae.api.ollama.schema import OllamaChatRequest, OllamaGenerateRequest, Options
from jimae.api.parameters import working
from jimae.errors import JimaeError
from jimae.service.chat import Ask
from jimae.types import ChatPrompt, Grammar, InfillPrompt, Message, Sampling, TextPart, ToolCall

USER = {"role": "user", "content": "はい"}


def chat(**changes: object) -> Ask:
    return chat_ask(chat_request({"model": "fake", "messages": [USER], **changes}))


def generate(**changes: object) -> Ask:
    return generate_ask(generate_request({"model": "fake", "prompt": "はい", **changes}))


def test_every_parameter_of_ollama_is_decided() -> None:
    assert set(ChatRequest.model_fields) - set(CHAT) == set()
    assert set(GenerateRequest.model_fields) - set(GENERATE) == set()
    assert set(ollama.Options.model_fields) - set(OPTIONS) == set()


def test_the_tables_and_the_schemas_agree() -> None:
    assert working(CHAT) == set(OllamaChatRequest.model_fields)
    assert working(GENERATE) == set(OllamaGenerateRequest.model_fields)
    assert working(OPTIONS) == set(Options.model_fields)


def test_options_reach_the_model() -> None:
    ask = chat(
        model="fake:latest",
        options={
            "temperature": 0,
            "top_k": 3,
            "top_p": 0.5,
            "min_p": 0.1,
            "seed": 4,
            "repeat_penalty": 1.1,
            "presence_penalty": -1,
            "frequency_penalty": 2,
            "stop": ["。"],
            "num_predict": -1,
            "num_thread": 4,
            "mirostat": 0,
        },
    )
    assert ask.model == "fake"
    assert (ask.stop, ask.max_tokens, ask.fit) == (("。",), None, True)
    assert ask.sampling == Sampling(
        temperature=0.0,
        top_k=3,
        top_p=0.5,
        min_p=0.1,
        seed=4,
        repeat_penalty=1.1,
        presence_penalty=-1.0,
        frequency_penalty=2.0,
    )


@pytest.mark.parametrize(
    ("options", "penalties"),
    [
        ({"repeat_last_n": -1, "repeat_penalty": 1.1}, (1.1, 0.0, 0.0)),
        ({"repeat_last_n": 64, "num_predict": 64, "repeat_penalty": 1.1}, (1.1, 0.0, 0.0)),
        ({"repeat_last_n": 64, "repeat_penalty": 1}, (1.0, 0.0, 0.0)),
        ({"repeat_last_n": 0, "repeat_penalty": 1.1, "presence_penalty": 1}, (1.0, 0.0, 0.0)),
        ({"repeat_last_n": 0}, (1.0, 0.0, 0.0)),
    ],
)
def test_a_window_of_penalties_that_is_the_answer_or_nothing(
    options: dict[str, object], penalties: tuple[float, ...]
) -> None:
    sampling = chat(options=options).sampling
    told = (sampling.repeat_penalty, sampling.presence_penalty, sampling.frequency_penalty)
    assert told == penalties


@pytest.mark.parametrize(
    "options",
    [
        # Unset, the penalty is the model's own.
        {"repeat_last_n": 64},
        {"repeat_last_n": 64, "num_predict": 65},
        {"repeat_last_n": 64, "num_predict": -1},
        {"repeat_last_n": 64, "repeat_penalty": 1, "presence_penalty": 0.1},
        {"repeat_last_n": 64, "repeat_penalty": 1, "frequency_penalty": 0.1},
    ],
)
def test_a_window_of_penalties_that_is_shorter_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(JimaeError) as caught:
        chat(options=options)
    assert (caught.value.code, caught.value.param) == (
        "unsupported_parameter",
        "options.repeat_last_n",
    )


@pytest.mark.parametrize(
    ("form", "grammar"),
    [
        (None, None),
        ("", None),
        ("json", Grammar("json_object")),
        ({"type": "object"}, Grammar("json_schema", '{"type": "object"}')),
    ],
)
def test_format_is_a_grammar(form: object, grammar: Grammar | None) -> None:
    assert chat(format=form).grammar == generate(format=form).grammar == grammar


@pytest.mark.parametrize(
    ("think", "effort"),
    [(None, None), (False, "none"), (True, "medium"), ("low", "low"), ("max", "xhigh")],
)
def test_think_is_an_effort(think: object, effort: str | None) -> None:
    for ask in (chat(think=think), generate(think=think)):
        assert isinstance(ask.prompt, ChatPrompt)
        assert ask.prompt.reasoning_effort == effort


def test_a_suffix_is_a_gap_to_fill() -> None:
    assert generate(prompt="def a(", suffix="return").prompt == InfillPrompt("def a(", "return")


def test_results_find_their_calls_by_name() -> None:
    def call(name: str) -> dict[str, Any]:
        return {"function": {"name": name, "arguments": {"x": 1}}}

    prompt = chat(
        messages=[
            USER,
            {"role": "assistant", "content": "", "tool_calls": [call("a"), call("b"), call("a")]},
            {"role": "tool", "content": "2", "tool_name": "b"},
            {"role": "tool", "content": "1", "tool_name": "a"},
            {"role": "tool", "content": "3"},
        ]
    ).prompt
    assert isinstance(prompt, ChatPrompt)
    made = tuple(ToolCall(f"call_1_{i}", name, '{"x": 1}') for i, name in enumerate("aba"))
    assert prompt.messages[1] == Message("assistant", (TextPart(""),), tool_calls=made)
    assert [message.tool_call_id for message in prompt.messages[2:]] == [
        "call_1_1",
        "call_1_0",
        "call_1_2",
    ]


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"options": {"temprature": 1}}, "unknown_parameter", "options.temprature"),
        ({"options": {"mirostat": 1}}, "unsupported_parameter", "options.mirostat"),
        ({"options": {"repeat_last_n": -2}}, "out_of_range", "options.repeat_last_n"),
        ({"options": {"temperature": "hot"}}, "wrong_type", "options.temperature"),
        ({"options": {"num_predict": 0}}, "out_of_range", "options.num_predict"),
        ({"options": {"num_predict": -3}}, "out_of_range", "options.num_predict"),
        ({"options": 1}, "wrong_type", "options"),
        ({"format": "yaml"}, "invalid_choice", "format"),
        ({"messages": [{**USER, "images": ["aaaa"]}]}, "text_only", "messages.0.images"),
        (
            {"messages": [{"role": "tool", "content": "1", "tool_name": "a"}]},
            "tool_result_unmatched",
            "messages.0.tool_name",
        ),
        ({"raw": True}, "unknown_parameter", "raw"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], code: str, param: str) -> None:
    with pytest.raises(JimaeError) as caught:
        chat(**changes)
    assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"template": "{{ .Prompt }}"}, "unsupported_parameter", "template"),
        ({"context": [1, 2]}, "replaced_parameter", "context"),
        ({"images": ["aaaa"]}, "unsupported_parameter", "images"),
        ({"raw": True, "system": "a"}, "conflicting_parameters", "system"),
        ({"suffix": "b", "system": "a"}, "conflicting_parameters", "system"),
        ({"prompt": "a\0"}, "invalid_text", "prompt"),
    ],
)
def test_what_is_wrong_with_a_text_is_named(
    changes: dict[str, object], code: str, param: str
) -> None:
    with pytest.raises(JimaeError) as caught:
        generate(**changes)
    assert (caught.value.code, caught.value.param) == (code, param)


def test_paths_of_each_api() -> None:
    assert dialect("/v1/messages") == dialect("/v1/messages/count_tokens") == "anthropic"
    assert dialect("/api/chat") == dialect("/api/blobs/sha256:0") == "ollama"
    assert dialect("/v1/messagesx") == dialect("/api/status") == dialect("/") == "openai"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "tool"])},
        optional={
            "content": st.text(max_size=3) | JSON,
            "images": JSON,
            "tool_name": st.sampled_from(["a", "b"]),
            "tool_calls": st.just([{"function": {"name": "a", "arguments": {}}}]) | JSON,
        },
    ),
    max_size=4,
)


@given(
    st.fixed_dictionaries(
        {"model": st.just("fake")},
        optional={
            **{name: JSON for name in {*CHAT, *GENERATE} if "." not in name and name != "model"},
            "messages": MESSAGES,
            "options": st.dictionaries(st.sampled_from(sorted(OPTIONS)), JSON, max_size=3) | JSON,
        },
    )
)
def test_anything_is_an_ask_or_an_error_with_a_code(body: dict[str, Any]) -> None:
    chats = {name: value for name, value in body.items() if name in CHAT}
    texts = {name: value for name, value in body.items() if name in GENERATE}
    with contextlib.suppress(JimaeError):
        wanted = chat_request(chats)
        if not only_loads(wanted):
            chat_ask(wanted)
    with contextlib.suppress(JimaeError):
        asked = generate_request(texts)
        if not only_loads(asked):
            generate_ask(asked)
