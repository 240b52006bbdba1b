"""Whatever of a request comes near a model is looked at, whichever API carries it.

A telephone number is put into every field that takes a text. With a rule that masks, no form of
it may be in what the model is given; with one that refuses, the request is refused. What no
model sees is told apart in `UNSEEN`, and shown to stay away from it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, NamedTuple

import httpx
import msgspec

from fakes.backend import FakeBackend, saying
from jimae.service.personal_data.escapes import plain
from jimae.service.policy.rules import Action
from jimae.service.service import Service
from jimae.store.policy_tables import EVERYBODY, PolicyRule
from jimae.types import Principal

PHONE: Final = "090-1234-5678"
ESCAPED: Final = r"\u0030\u0039\u0030-1234\u002d5678"
ASKED: Final = {"role": "user", "content": "はい"}
CALLED: Final[dict[str, Any]] = {
    "id": "c1",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
}
OPENAI: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
RESPONSES: Final = "/v1/responses"
ANTHROPIC: Final = "/v1/messages"
CHAT: Final = "/api/chat"
GENERATE: Final = "/api/generate"

Body = dict[str, Any]


def schema(text: str) -> Body:
    """A JSON Schema with a text in each place where one can hide."""
    return {
        "type": "object",
        "title": text,
        "properties": {"a": {"type": "string", "description": text, "enum": [text, "b"]}},
        "additionalProperties": False,
    }


def openai(**more: Any) -> Body:
    return {"model": "fake", "messages": [ASKED], **more}


def openai_messages(*messages: Body) -> Body:
    return openai(messages=[*messages])


def openai_call(**function: str) -> Body:
    call = {**CALLED, "function": {**CALLED["function"], **function}}
    answered = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
    return openai_messages(ASKED, {"role": "assistant", "tool_calls": [call]}, answered)


def openai_tool(**function: Any) -> Body:
    return openai(tools=[{"type": "function", "function": {"name": "f", **function}}])


def responses(*items: Body, **more: Any) -> Body:
    return {"model": "fake", "input": [{**ASKED, "type": "message"}, *items], **more}


def responses_call(arguments: str, output: Any) -> Body:
    return responses(
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": arguments},
        {"type": "function_call_output", "call_id": "c1", "output": output},
    )


def anthropic(*turns: Body, **more: Any) -> Body:
    return {"model": "fake", "max_tokens": 9, "messages": [*(turns or (ASKED,))], **more}


def anthropic_call(given: Body, result: Any) -> Body:
    use = {"type": "tool_use", "id": "c1", "name": "f", "input": given}
    told = {"type": "tool_result", "tool_use_id": "c1", "content": result}
    return anthropic(
        ASKED, {"role": "assistant", "content": [use]}, {"role": "user", "content": [told]}
    )


def ollama(*messages: Body, **more: Any) -> Body:
    return {"model": "fake", "stream": False, "messages": [*(messages or (ASKED,))], **more}


def ollama_call(arguments: Body, result: str) -> Body:
    call = {"function": {"name": "f", "arguments": arguments}}
    return ollama(
        ASKED,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_name": "f", "content": result},
    )


def ollama_tool(**function: Any) -> Body:
    return ollama(tools=[{"type": "function", "function": {"name": "f", **function}}])


def completion(**more: Any) -> Body:
    return {"model": "fake", "prompt": "はい", **more}


def generate(**more: Any) -> Body:
    return {"model": "fake", "prompt": "はい", "stream": False, **more}


Carrier = tuple[str, str, Callable[[str], Body]]
CARRIERS: Final[tuple[Carrier, ...]] = (
    (OPENAI, "content", lambda x: openai_messages({"role": "user", "content": x})),
    (OPENAI, "parts", lambda x: openai_messages(
        {"role": "user", "content": [{"type": "text", "text": half} for half in (x[:6], x[6:])]})),
    (OPENAI, "system", lambda x: openai_messages({"role": "system", "content": x}, ASKED)),
    (OPENAI, "name", lambda x: openai_messages({**ASKED, "name": x})),
    (OPENAI, "refusal", lambda x: openai_messages(ASKED, {"role": "assistant", "refusal": x})),
    (OPENAI, "reasoning", lambda x: openai_messages(
        ASKED, {"role": "assistant", "content": "", "reasoning_content": x}, ASKED)),
    (OPENAI, "arguments", lambda x: openai_call(arguments=json.dumps({"a": x}))),
    (OPENAI, "escaped", lambda _: openai_call(arguments=f'{{"a": "{ESCAPED}"}}')),
    (OPENAI, "nested", lambda _: openai_call(
        arguments=json.dumps({"a": f'{{"b": "{ESCAPED}"}}'}))),
    (OPENAI, "after a newline", lambda x: openai_call(arguments=json.dumps({"a": f"b\n{x}"}))),
    (OPENAI, "malformed", lambda _: openai_call(arguments=f'{{"a": "{ESCAPED}')),
    (OPENAI, "result", lambda _: openai_messages(
        ASKED, {"role": "assistant", "tool_calls": [CALLED]},
        {"role": "tool", "tool_call_id": "c1", "content": f'{{"a": "{ESCAPED}"}}'})),
    (OPENAI, "call id", lambda x: openai_messages(
        ASKED, {"role": "assistant", "tool_calls": [{**CALLED, "id": x}]},
        {"role": "tool", "tool_call_id": x, "content": "ok"})),
    (OPENAI, "tool description", lambda x: openai_tool(description=x)),
    (OPENAI, "tool schema", lambda x: openai_tool(parameters=schema(x))),
    (OPENAI, "stop", lambda x: openai(stop=["。", x])),
    (OPENAI, "prediction", lambda x: openai(prediction={"type": "content", "content": x})),
    (OPENAI, "schema", lambda x: openai(response_format={
        "type": "json_schema", "json_schema": {"name": "n", "schema": schema(x)}})),
    (OPENAI, "json", lambda x: openai(structured_outputs={"json": schema(x)})),
    (OPENAI, "choice", lambda x: openai(structured_outputs={"choice": [x, "b"]})),
    (OPENAI, "regex", lambda x: openai(structured_outputs={"regex": f"(?:{x}|b)"})),
    (OPENAI, "grammar", lambda x: openai(structured_outputs={"grammar": f'start: "{x}"'})),
    (COMPLETIONS, "prompt", lambda x: completion(prompt=x)),
    (COMPLETIONS, "prompts", lambda x: completion(prompt=["はい", x])),
    (COMPLETIONS, "tokens", lambda x: completion(prompt=[ord(one) for one in x])),
    (COMPLETIONS, "suffix", lambda x: completion(suffix=x)),
    (COMPLETIONS, "stop", lambda x: completion(stop=x)),
    (COMPLETIONS, "regex", lambda x: completion(structured_outputs={"regex": x})),
    (RESPONSES, "input", lambda x: {"model": "fake", "input": x}),
    (RESPONSES, "item", lambda x: responses({"role": "user", "content": x, "type": "message"})),
    (RESPONSES, "parts", lambda x: responses({"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": half} for half in (x[:6], x[6:])]})),
    (RESPONSES, "instructions", lambda x: responses(instructions=x)),
    (RESPONSES, "arguments", lambda _: responses_call(f'{{"a": "{ESCAPED}"}}', "ok")),
    (RESPONSES, "output", lambda _: responses_call("{}", f'{{"a": "{ESCAPED}"}}')),
    (RESPONSES, "output parts", lambda x: responses_call("{}", [
        {"type": "input_text", "text": x}])),
    (RESPONSES, "reasoning", lambda x: responses(
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": x}]},
        {"type": "message", "role": "assistant", "content": "ok"},
        {"type": "message", **ASKED})),
    (RESPONSES, "tool description", lambda x: responses(
        tools=[{"type": "function", "name": "f", "description": x}])),
    (RESPONSES, "tool schema", lambda x: responses(
        tools=[{"type": "function", "name": "f", "parameters": schema(x)}])),
    (RESPONSES, "schema", lambda x: responses(text={"format": {
        "type": "json_schema", "name": "n", "schema": schema(x)}})),
    (ANTHROPIC, "content", lambda x: anthropic({"role": "user", "content": x})),
    (ANTHROPIC, "system", lambda x: anthropic(system=x)),
    (ANTHROPIC, "system blocks", lambda x: anthropic(system=[{"type": "text", "text": x}])),
    (ANTHROPIC, "thinking", lambda x: anthropic(
        ASKED, {"role": "assistant", "content": [{"type": "thinking", "thinking": x}]}, ASKED)),
    (ANTHROPIC, "input", lambda x: anthropic_call({"a": x}, "ok")),
    (ANTHROPIC, "input after a newline", lambda x: anthropic_call({"a": f"b\n{x}"}, "ok")),
    (ANTHROPIC, "input's key", lambda x: anthropic_call({x: 1}, "ok")),
    (ANTHROPIC, "result", lambda _: anthropic_call({}, f'{{"a": "{ESCAPED}"}}')),
    (ANTHROPIC, "result blocks", lambda x: anthropic_call({}, [{"type": "text", "text": x}])),
    (ANTHROPIC, "tool description", lambda x: anthropic(
        tools=[{"name": "f", "description": x, "input_schema": {"type": "object"}}])),
    (ANTHROPIC, "tool schema", lambda x: anthropic(
        tools=[{"name": "f", "input_schema": schema(x)}])),
    (ANTHROPIC, "stop", lambda x: anthropic(stop_sequences=[x])),
    (ANTHROPIC, "schema", lambda x: anthropic(
        output_config={"format": {"type": "json_schema", "schema": schema(x)}})),
    (CHAT, "content", lambda x: ollama({"role": "user", "content": x})),
    (CHAT, "thinking", lambda x: ollama(
        ASKED, {"role": "assistant", "content": "", "thinking": x}, ASKED)),
    (CHAT, "arguments", lambda x: ollama_call({"a": f"b\n{x}"}, "ok")),
    (CHAT, "result", lambda _: ollama_call({}, f'{{"a": "{ESCAPED}"}}')),
    (CHAT, "tool description", lambda x: ollama_tool(description=x)),
    (CHAT, "tool schema", lambda x: ollama_tool(parameters=schema(x))),
    (CHAT, "stop", lambda x: ollama(options={"stop": [x]})),
    (CHAT, "format", lambda x: ollama(format=schema(x))),
    (GENERATE, "prompt", lambda x: generate(prompt=x)),
    (GENERATE, "raw", lambda x: generate(prompt=x, raw=True)),
    (GENERATE, "system", lambda x: generate(system=x)),
    (GENERATE, "suffix", lambda x: generate(suffix=x)),
)  # fmt: skip
# Names by which a program is called: they cannot be changed, and so are refused.
NAMES: Final[tuple[Carrier, ...]] = (
    (OPENAI, "call", lambda x: openai_call(name=x)),
    (OPENAI, "tool", lambda x: openai_tool(name=x)),
    (RESPONSES, "tool", lambda x: responses(tools=[{"type": "function", "name": x}])),
    (ANTHROPIC, "tool", lambda x: anthropic(tools=[{"name": x, "input_schema": {}}])),
    (CHAT, "tool", lambda x: ollama_tool(name=x)),
)
UNSEEN: Final[tuple[Carrier, ...]] = (
    (OPENAI, "metadata", lambda x: openai(metadata={"a": x})),
    (OPENAI, "schema's name and description", lambda x: openai(response_format={
        "type": "json_schema",
        "json_schema": {"name": x, "description": x, "schema": schema("c")}})),
    (RESPONSES, "metadata", lambda x: responses(metadata={"a": x})),
    (RESPONSES, "schema's name and description", lambda x: responses(text={"format": {
        "type": "json_schema", "name": x, "description": x, "schema": schema("c")}})),
    (ANTHROPIC, "cache_control", lambda x: anthropic(
        {"role": "user", "content": [{"type": "text", "text": "c", "cache_control": {"a": x}}]})),
    (ANTHROPIC, "signature", lambda x: anthropic(ASKED, {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "c", "signature": x}]}, ASKED)),
)  # fmt: skip


async def lay_down(service: Service, action: Action) -> None:
    rule = PolicyRule(
        id="rule_1",
        owner=EVERYBODY,
        created_at=0.0,
        kind="phone",
        models="any",
        level="admin",
        action=action,
        confidence="low",
    )
    await service.store.write(lambda session: session.add(rule))
    service.policy.changed()


def given_to(backend: FakeBackend) -> str:
    """All that a model was given, as it reads; not to whom it is charged."""
    requests = [msgspec.structs.replace(one, principal=NOBODY) for one in backend.requests]
    tokens = [chr(token) for one in requests for token in getattr(one.prompt, "ids", ())]
    given = msgspec.json.encode(requests).decode().replace(BETWEEN_PARTS, "")
    return plain(given) + "".join(tokens)


NOBODY: Final = Principal("", "")
BETWEEN_PARTS: Final = '"},{"type":"text","text":"'


class Sent(NamedTuple):
    where: str
    status: int
    answer: str
    given: str


async def send_all(
    client: httpx.AsyncClient, backend: FakeBackend, rows: tuple[Carrier, ...]
) -> AsyncIterator[Sent]:
    """The number in each of these places, one request after the other."""
    for route, name, build in rows:
        backend.requests.clear()
        answer = await client.post(route, json=build(PHONE))
        yield Sent(f"{route} {name}", answer.status_code, answer.text, given_to(backend))


async def test_these_carry_a_text_to_the_model(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    told = [sent async for sent in send_all(client, backend, CARRIERS + NAMES)]
    assert [sent for sent in told if sent.status != 200 or PHONE not in sent.given] == []


async def test_what_they_carry_is_masked_and_comes_back(
    client: httpx.AsyncClient, service: Service, backend: FakeBackend
) -> None:
    await lay_down(service, "mask")
    backend.default = saying("〔電話番号1〕")
    told = [sent async for sent in send_all(client, backend, CARRIERS)]
    assert [sent for sent in told if sent.status != 200 or PHONE in sent.given] == []
    assert [sent for sent in told if "〔電話番号1〕" not in sent.given] == []
    assert [sent for sent in told if PHONE not in sent.answer] == []


async def test_what_they_carry_is_refused(
    client: httpx.AsyncClient, service: Service, backend: FakeBackend
) -> None:
    await lay_down(service, "refuse")
    told = [sent async for sent in send_all(client, backend, CARRIERS + NAMES)]
    assert [sent for sent in told if sent.status != 400 or sent.given != "[]"] == []


async def test_a_name_that_would_have_to_be_masked_is_refused(
    client: httpx.AsyncClient, service: Service, backend: FakeBackend
) -> None:
    await lay_down(service, "mask")
    told = [sent async for sent in send_all(client, backend, NAMES)]
    assert [sent for sent in told if sent.status != 400 or sent.given != "[]"] == []


async def test_what_is_not_looked_at_reaches_no_model(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    told = [sent async for sent in send_all(client, backend, UNSEEN)]
    assert [sent for sent in told if sent.status != 200 or PHONE in sent.given] == []
