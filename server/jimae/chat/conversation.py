"""A conversation as a chat template takes it: messages, tools and switches.

Templates take what transformers' `apply_chat_template` gives them: OpenAI's
messages, with the arguments of calls as mappings. What else one of them wants is
told from its source. A template that knows nothing of tools gets them in words:

    system      … # Functions … <tool_call>{"name": …, "arguments": …}</tool_call>
    assistant   text <tool_call>…</tool_call>
    user        <tool_response>…</tool_response>
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jimae.chat.prompt import Marks, Shield
from jimae.types import ChatPrompt, Effort, Message, Tool

_SURROGATES = re.compile("[\ud800-\udfff]")
_WALKED_ARGUMENTS = re.compile(r"arguments['\"]?\]?\s*(\|\s*(items|dictsort)|\.items\()")
_JOINED_ARGUMENTS = re.compile(r"\+\s*[\w.\[\]'\"]+(\.arguments|\[['\"]arguments['\"]\])\s*\+")


class Knowledge(NamedTuple):
    """What a template can be given, as its source tells.

    `joins_arguments`: it writes the arguments of calls as text; `walks_arguments`: it
    goes through them one by one, and fails on a text. `nests_results`: it has the
    results of calls inside the message that made them.
    """

    developer: bool
    system: bool
    tools: bool
    joins_arguments: bool
    walks_arguments: bool
    nests_results: bool
    thinking: bool
    channels: bool

    @classmethod
    def of(cls, source: str) -> Knowledge:
        return cls(
            developer="developer" in source,
            system="System role not supported" not in source,
            tools=re.search(r"\btools\b", source) is not None,
            joins_arguments=_JOINED_ARGUMENTS.search(source) is not None,
            walks_arguments=_WALKED_ARGUMENTS.search(source) is not None
            and not re.search("arguments['\"]?\\]? is (mapping|string)", source),
            nests_results="tool_responses" in source and not re.search("['\"]tool['\"]", source),
            thinking="thinking" in source and "reasoning_content" not in source,
            channels="<|channel|>" in source,
        )


class TemplateInput(NamedTuple):
    """What a template is called with. `tools` None: there are none."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None
    switches: dict[str, Any]


def for_template(
    prompt: ChatPrompt, shield: Shield, knows: Knowledge, fit_id: Callable[[str], str] = str
) -> tuple[TemplateInput, Marks]:
    """What the template is given, and the marks in everything that people wrote.

    `fit_id` makes the ids of calls such as the template accepts.
    """
    messages = [_entry(message, knows, fit_id) for message in _named(prompt.messages)]
    tools = [function(tool) for tool in prompt.tools]
    if not knows.tools:
        messages = _in_words(messages)
        if tools:
            messages = _with_section(messages, section(tools), knows)
            tools = []
    elif knows.nests_results:
        messages = _nest_results(messages)
    marks = shield.marks_for(_texts([messages, tools]))

    def protect(value: Any) -> Any:
        """The same with every text protected, the keys of mappings too."""
        if isinstance(value, str):
            return shield.protect(_SURROGATES.sub("\ufffd", value), marks)
        if isinstance(value, list):
            return [protect(item) for item in value]
        if isinstance(value, dict):
            return {protect(key): protect(item) for key, item in value.items()}
        return value

    switches = thinking_switches(prompt.reasoning_effort, knows)
    return TemplateInput(protect(messages), protect(tools) or None, switches), marks


def mark_end(messages: list[dict[str, Any]], marks: Marks) -> list[dict[str, Any]]:
    """Messages whose last one ends with the mark where a continued answer goes on."""
    *before, last = messages
    return [*before, {**last, "content": last["content"] + marks.end}]


def function(tool: Tool) -> dict[str, Any]:
    """A tool as OpenAI's API has it."""
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": json.loads(tool.parameters),
        },
    }


def section(tools: list[dict[str, Any]]) -> str:
    """What a model is told of tools if its template does not."""
    listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    return (
        "# Functions\n\n"
        f"These functions can be called:\n{listed}\n\n"
        "If one of them helps, answer only with a block of this form for every call, "
        "and wait for its result:\n"
        '<tool_call>\n{"name": "the function", "arguments": {"parameter": "value"}}\n</tool_call>\n'
        "A result comes back between <tool_response> and </tool_response>. "
        "If none helps, answer without a block."
    )


def thinking_switches(effort: Effort | None, knows: Knowledge) -> dict[str, Any]:
    """The variables by which templates switch reasoning on or off, or set its length."""
    if effort is None:
        return {}
    thinks = effort != "none"
    if knows.channels:
        # These models always think, and were taught three lengths.
        named = {"none": "low", "minimal": "low", "xhigh": "high"}.get(effort, effort)
        return {"reasoning_effort": named}
    return {"enable_thinking": thinks, "thinking": thinks, "reasoning_effort": effort}


def _named(messages: tuple[Message, ...]) -> Iterator[tuple[Message, str | None]]:
    """Messages with their names; a result has the name of the function that was called."""
    called: dict[str, str] = {}
    for message in messages:
        called |= {call.id: call.name for call in message.tool_calls}
        name = message.name
        if name is None and message.role == "tool":
            name = called.get(message.tool_call_id or "")
        yield message, name


def _entry(
    named: tuple[Message, str | None], knows: Knowledge, fit_id: Callable[[str], str]
) -> dict[str, Any]:
    message, name = named
    role = message.role
    if role == "developer" and not knows.developer:
        role = "system"
    text = "".join(part.text for part in message.content)
    entry: dict[str, Any] = {"role": role, "content": text}
    if name is not None:
        entry["name"] = name
    if message.reasoning is not None:
        entry["reasoning_content"] = message.reasoning
        # gpt-oss takes either a text or thoughts beside a call.
        if knows.thinking and message.tool_calls and not text:
            entry["thinking"] = message.reasoning
    if message.tool_calls:
        entry["tool_calls"] = [
            {
                "id": fit_id(call.id),
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": _arguments(call.arguments, knows),
                },
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        entry["tool_call_id"] = fit_id(message.tool_call_id)
    return entry


def _arguments(text: str, knows: Knowledge) -> Any:
    """Arguments as a mapping, or as text where the template joins texts or they are none.

    A model may have written something else than an object: it must not make every later
    turn fail.
    """
    text = text.strip() or "{}"
    if knows.joins_arguments:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    if isinstance(value, dict):
        return value
    return {"arguments": text} if knows.walks_arguments else text


def _in_words(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls and results as texts, for a template that would leave them out."""
    told: list[dict[str, Any]] = []
    after_result = False
    for message in messages:
        result = message["role"] == "tool"
        if result:
            text = f"<tool_response>\n{message['content']}\n</tool_response>"
            message = {"role": "user", "content": text}
        elif "tool_calls" in message:
            blocks = [_block(call["function"]) for call in message["tool_calls"]]
            text = "\n".join(filter(None, [message["content"], *blocks]))
            message = {key: message[key] for key in message if key != "tool_calls"}
            message["content"] = text
        # A template may want people and the model to take turns.
        if told and after_result and message["role"] == "user":
            told[-1]["content"] += "\n" + message["content"]
        else:
            told.append(message)
        after_result = result
    return told


def _block(call: dict[str, Any]) -> str:
    arguments = call["arguments"]
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    name = json.dumps(call["name"], ensure_ascii=False)
    return f'<tool_call>\n{{"name": {name}, "arguments": {arguments}}}\n</tool_call>'


def _with_section(
    messages: list[dict[str, Any]], text: str, knows: Knowledge
) -> list[dict[str, Any]]:
    """Messages of which the first says `text`."""
    if messages and messages[0]["role"] in ("system", "developer"):
        first, *rest = messages
        return [{**first, "content": f"{first['content']}\n\n{text}".lstrip()}, *rest]
    if not knows.system and messages and messages[0]["role"] == "user":
        first, *rest = messages
        return [{**first, "content": f"{text}\n\n{first['content']}"}, *rest]
    return [{"role": "system", "content": text}, *messages]


def _nest_results(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    nested: list[dict[str, Any]] = []
    for message in messages:
        if message["role"] != "tool" or not nested or "tool_calls" not in nested[-1]:
            nested.append(message)
            continue
        response = {"name": message.get("name", ""), "response": message["content"]}
        last = nested[-1]
        nested[-1] = {**last, "tool_responses": [*last.get("tool_responses", []), response]}
    return nested


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, the keys of mappings too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
