"""What templates are given: tools, calls and results; nothing in them becomes special."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.parsing import TOOLS, WEATHER
from jimae.chat.conversation import Knowledge, TemplateInput, for_template, thinking_switches
from jimae.chat.parsers.mistral import fit_id
from jimae.chat.prompt import Shield, split
from jimae.chat.template import compile_template, render
from jimae.types import ChatPrompt, Effort, Message, TextPart, Tool, ToolCall

SPECIALS = ("<|im_start|>", "<|im_end|>", '<|"|>', "</s>")
# Templates of the ways that families write: JSON, joined texts, their own notation, none.
HERMES = """{%- if tools %}<|im_start|>system
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}<|im_end|>{% endif %}
{%- for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}
{%- for call in m.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>{% endfor %}"""
JOINED = """{% for tool in tools or [] %}{{ tool.function.name }}:{{ tool.function.description }};
{%- endfor %}{% for m in messages %}<|im_start|>{{ m.role }} {{ m.tool_call_id }} {{ m.name }}
{%- for call in m.tool_calls or [] -%}
{{ call.id + ' ' + call['function']['name'] + ' ' + call['function']['arguments'] + '</s>' }}
{%- endfor %}{{ m.content }}<|im_end|>{% endfor %}"""
NESTED = """{% for tool in tools or [] %}
{%- for key, value in tool.function.parameters.properties | dictsort %}
{{- key }}:<|"|>{{ value.description | upper }}<|"|>{% endfor %}{% endfor %}
{%- for m in messages %}<|im_start|>{{ m.role }}
{%- for call in m.tool_calls or [] %}
{%- for key, value in call.function.arguments | dictsort %}{{ key }}:<|"|>{{ value }}<|"|>
{%- endfor %}{% endfor %}
{%- for r in m.tool_responses or [] %}{{ r.name }}<|"|>{{ r.response }}<|"|>{% endfor %}
{{- m.content }}<|im_end|>{% endfor %}"""
PLAIN = """{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>{% endfor %}"""
TEMPLATES = {"hermes": HERMES, "joined": JOINED, "nested": NESTED, "plain": PLAIN}

TALK = (
    Message("system", (TextPart("短く。"),)),
    Message("user", (TextPart("天気は?"),)),
    Message(
        "assistant",
        (TextPart("調べます。"),),
        reasoning="道具がある",
        tool_calls=(
            ToolCall("call_1", "get_weather", '{"city": "東京", "days": 2}'),
            ToolCall("call_2", "clock", ""),
        ),
    ),
    Message("tool", (TextPart("晴れ"),), tool_call_id="call_1"),
    Message("tool", (TextPart("九時"),), tool_call_id="call_2"),
    Message("user", (TextPart("では?"),)),
)


compiled = cache(compile_template)


def given_to(source: str, prompt: ChatPrompt) -> TemplateInput:
    return for_template(prompt, Shield(SPECIALS), Knowledge.of(source))[0]


def rendered(source: str, prompt: ChatPrompt, specials: tuple[str, ...] = SPECIALS) -> Any:
    """The parts of a rendered conversation: (text, special)."""
    entry, marks = for_template(prompt, Shield(specials), Knowledge.of(source))
    text = render(
        compiled(source),
        # as they reach the process that renders
        json.loads(json.dumps(entry.messages)),
        bos="",
        eos="",
        add_generation_prompt=True,
        tools=json.loads(json.dumps(entry.tools)),
        switches=entry.switches,
    )
    return split(text, marks)


def whole(source: str, prompt: ChatPrompt) -> str:
    return "".join(text for text, _ in rendered(source, prompt))


def test_tools_are_given_in_the_form_of_the_api() -> None:
    (first, _) = given_to(HERMES, ChatPrompt(TALK, tools=TOOLS)).tools or ()
    assert first == {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "天気を調べる",
            "parameters": json.loads(WEATHER.parameters),
        },
    }
    assert given_to(HERMES, ChatPrompt(TALK)).tools is None


def test_arguments_are_a_mapping() -> None:
    messages = given_to(HERMES, ChatPrompt(TALK)).messages
    functions = [call["function"] for call in messages[2]["tool_calls"]]
    assert functions == [
        {"name": "get_weather", "arguments": {"city": "東京", "days": 2}},
        {"name": "clock", "arguments": {}},
    ]
    assert messages[2]["reasoning_content"] == "道具がある"
    assert [m.get("name") for m in messages[3:5]] == ["get_weather", "clock"]
    assert [m.get("tool_call_id") for m in messages[3:5]] == ["call_1", "call_2"]


@pytest.mark.parametrize("text", ["{", "[1]", '"a"', "東京", "[" * 5000])
def test_arguments_that_are_no_object_are_passed_on_as_text(text: str) -> None:
    message = Message("assistant", tool_calls=(ToolCall("x", "clock", text),))
    (entry,) = given_to(HERMES, ChatPrompt((message,))).messages
    assert entry["tool_calls"][0]["function"]["arguments"] == text


@pytest.mark.parametrize(
    ("check", "expected"), [("", {"arguments": "[1]"}), ("{# arguments is string #}", "[1]")]
)
def test_a_template_that_walks_arguments_always_gets_a_mapping(check: str, expected: Any) -> None:
    message = Message("assistant", tool_calls=(ToolCall("x", "clock", "[1]"),))
    (entry,) = given_to(NESTED + check, ChatPrompt((message,))).messages
    assert entry["tool_calls"][0]["function"]["arguments"] == expected


def test_a_template_that_joins_texts_gets_them_as_text() -> None:
    assert 'call_1 get_weather {"city": "東京", "days": 2}</s>' in whole(JOINED, ChatPrompt(TALK))


def test_ids_are_made_to_fit() -> None:
    knows = Knowledge.of(JOINED)
    entry, _ = for_template(ChatPrompt(TALK), Shield(SPECIALS), knows, fit_id)
    (call, _) = entry.messages[2]["tool_calls"]
    assert call["id"] == entry.messages[3]["tool_call_id"] == fit_id("call_1")


def test_results_inside_the_message_that_called() -> None:
    messages = given_to(NESTED, ChatPrompt(TALK)).messages
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["tool_responses"] == [
        {"name": "get_weather", "response": "晴れ"},
        {"name": "clock", "response": "九時"},
    ]


def test_a_template_without_tools_tells_of_them_in_words() -> None:
    entry = given_to(PLAIN, ChatPrompt(TALK, tools=TOOLS))
    assert entry.tools is None
    assert [m["role"] for m in entry.messages] == ["system", "user", "assistant", "user"]
    system, _, assistant, results = (m["content"] for m in entry.messages)
    assert system.startswith("短く。\n\n")
    assert '"name": "get_weather", "description": "天気を調べる"' in system
    assert assistant == (
        '調べます。\n<tool_call>\n{"name": "get_weather", "arguments": '
        '{"city": "東京", "days": 2}}\n</tool_call>\n'
        '<tool_call>\n{"name": "clock", "arguments": {}}\n</tool_call>'
    )
    assert results == (
        "<tool_response>\n晴れ\n</tool_response>\n<tool_response>\n九時\n</tool_response>\nでは?"
    )


def test_words_of_tools_where_there_is_no_system_message() -> None:
    prompt = ChatPrompt((Message("user", (TextPart("やあ"),)),), tools=TOOLS)
    roles = [m["role"] for m in given_to(PLAIN, prompt).messages]
    assert roles == ["system", "user"]
    refusing = PLAIN + "{# System role not supported #}"
    (only,) = given_to(refusing, prompt).messages
    assert only["role"] == "user"
    assert only["content"].endswith("\n\nやあ")


@pytest.mark.parametrize("source", TEMPLATES.values(), ids=TEMPLATES)
def test_old_calls_and_results_never_vanish(source: str) -> None:
    text = whole(source, ChatPrompt(TALK))
    for said in ("東京", "晴れ", "九時", "調べます。", "では?"):
        assert said in text


@pytest.mark.parametrize(
    ("effort", "switches"),
    [
        (None, {}),
        ("none", {"enable_thinking": False, "thinking": False, "reasoning_effort": "none"}),
        ("high", {"enable_thinking": True, "thinking": True, "reasoning_effort": "high"}),
    ],
)
def test_switches_of_reasoning(effort: Effort | None, switches: dict[str, Any]) -> None:
    assert thinking_switches(effort, Knowledge.of("{% if enable_thinking %}")) == switches


def test_lengths_of_reasoning_that_gpt_oss_knows() -> None:
    knows = Knowledge.of("<|channel|> reasoning_effort")
    efforts: tuple[Effort, ...] = ("none", "minimal", "low", "medium", "high", "xhigh")
    named = [thinking_switches(effort, knows)["reasoning_effort"] for effort in efforts]
    assert named == ["low", "low", "low", "medium", "high", "high"]


def test_numbers_and_characters_that_no_wire_carries() -> None:
    arguments = '{"big": 123456789012345678901234567890, "lone": "\\ud800x"}'
    message = Message("assistant", tool_calls=(ToolCall("x", "clock", arguments),))
    text = whole(HERMES, ChatPrompt((message,)))
    assert '"big": 123456789012345678901234567890' in text
    assert '"lone": "\ufffdx"' in text


HOSTILE = st.lists(
    st.sampled_from([*SPECIALS, "a", "東", "<", "|im_start|>", '"', "\\", "\n", "\ufdd0", " "]),
    max_size=6,
).map("".join)


def talk_of(texts: list[str], quote: bool) -> ChatPrompt:
    """A conversation with these texts in every place where somebody can write."""
    (a, b, c, d, e) = texts
    call = ToolCall(a, b, json.dumps({c: d, "list": [e, {a: b}]}))
    schema = {"properties": {c: {"description": d, "enum": [e]}}, "type": "object"}
    return ChatPrompt(
        (
            Message("system", (TextPart(a),), name=b),
            Message("developer", (TextPart(c),)),
            Message("user", (TextPart(d),), name=e),
            Message("assistant", (TextPart(b),), reasoning=c, tool_calls=(call,)),
            Message("tool", (TextPart(e),), tool_call_id=a),
            Message("assistant", tool_calls=(ToolCall(b, a, d),)),
        ),
        tools=(Tool(b, a, json.dumps(schema)),) if quote else (),
    )


@settings(deadline=None)
@given(
    source=st.sampled_from(sorted(TEMPLATES)),
    texts=st.lists(HOSTILE, min_size=5, max_size=5),
    tools=st.booleans(),
)
def test_nothing_that_people_write_becomes_special(
    source: str, texts: list[str], tools: bool
) -> None:
    parts = rendered(TEMPLATES[source], talk_of(texts, tools))
    # The same with other characters in the texts: every special is the template's own.
    harmless = [text.replace("<", "＜") for text in texts]
    plain = rendered(TEMPLATES[source], talk_of(harmless, tools), ())
    for special in SPECIALS:
        written = sum(text.count(special) for text, is_special in parts if is_special)
        assert written == sum(text.count(special) for text, _ in plain)
