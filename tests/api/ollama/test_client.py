"""The official client against a real server: what it reads, and how it is told of errors."""

from __future__ import annotations

import json
import struct
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import ollama
import pytest
from ollama import ChatResponse, GenerateResponse, ListResponse, ProcessResponse, ShowResponse

from fakes.backend import FakeBackend, done, saying
from fakes.serving import Served
from jimae.errors import JimaeError
from jimae.types import (
    CallDelta,
    ChatPrompt,
    Delta,
    Embedded,
    Queued,
    Started,
    TextPrompt,
    TokenLogprob,
)

MESSAGES = [{"role": "user", "content": "東京の天気は?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "天気を調べる",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
CALL = (
    Started(7, 3),
    Delta("", (1,), reasoning="調べよう"),
    Delta("はい。", (3, 4)),
    Delta("", (5,), calls=(CallDelta(0, "call_1", "weather"),)),
    Delta("", (6,), calls=(CallDelta(0, arguments='{"city": '),)),
    Delta("", (7,), calls=(CallDelta(0, arguments='"東京"}'),)),
    Delta("", (8,), calls=(CallDelta(1, "call_2", "weather", "{}"),)),
    done(8, "tool_calls", cached=3),
)


@pytest.fixture
async def api(served: Served) -> AsyncIterator[ollama.AsyncClient]:
    # Not through a proxy that the environment may name.
    async with ollama.AsyncClient(host=served.url, trust_env=False) as client:
        yield client


async def test_chat(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    answer = await api.chat(
        model="fake:latest", messages=MESSAGES, options={"temperature": 0, "num_predict": 9}
    )
    ChatResponse.model_validate(answer.model_dump())
    assert answer.model == "fake:latest"
    assert answer.message.content == "東京です。"
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (7, 5)
    assert answer.created_at is not None
    assert datetime.fromisoformat(answer.created_at).tzinfo is not None
    assert answer.total_duration is not None
    assert answer.total_duration > 0
    (request,) = backend.requests
    assert (request.max_tokens, request.fit, request.sampling.temperature) == (9, True, 0)


async def test_calls_whole_and_streamed(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    backend.play(*CALL)
    backend.play(Queued(2, 12.0), *CALL)
    asked: dict[str, Any] = {"model": "fake", "messages": MESSAGES, "tools": [TOOL], "think": True}
    whole = await api.chat(**asked)
    lines = [line async for line in await api.chat(**asked, stream=True)]
    assert [line.done for line in lines] == [False] * (len(lines) - 1) + [True]
    assert whole.message.thinking == "".join(line.message.thinking or "" for line in lines)
    assert (
        whole.message.content == "".join(line.message.content or "" for line in lines) == "はい。"
    )
    calls = [call for line in lines for call in line.message.tool_calls or ()]
    assert whole.message.tool_calls == calls
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("weather", {"city": "東京"}),
        ("weather", {}),
    ]
    assert lines[-1].eval_count == whole.eval_count == 8
    prompt = backend.requests[0].prompt
    assert isinstance(prompt, ChatPrompt)
    assert prompt.reasoning_effort == "medium"
    assert [tool.name for tool in prompt.tools] == ["weather"]


async def test_stream_is_lines(served: Served, backend: FakeBackend) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        response = await http.post(
            f"{served.url}/api/chat", json={"model": "fake", "messages": MESSAGES}
        )
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["x-accel-buffering"] == "no"
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert [line["message"]["content"] for line in lines] == [*"東京です。", ""]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/chat", {"messages": MESSAGES, "stream": False}),
        ("/api/generate", {"prompt": "一", "stream": False}),
        ("/api/show", {}),
        ("/api/embed", {"input": "一"}),
    ],
)
async def test_programs_may_say_nothing_of_the_type(
    served: Served, path: str, asked: dict[str, object]
) -> None:
    """As litellm does; a page may not, which could be from anywhere."""
    body = json.dumps({"model": "fake", **asked}).encode()
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as http:
        for headers, refused in (({}, False), ({"Origin": served.url}, True)):
            response = await http.post(path, content=body, headers=headers)
            assert (response.status_code == 415) is refused


async def test_a_call_that_is_cut_short_is_text(
    api: ollama.AsyncClient, backend: FakeBackend
) -> None:
    begun = CallDelta(0, "call_1", "weather", '{"city": "東')
    backend.play(Started(7, 0), Delta("", (1,), calls=(begun,)), done(1, "length"))
    answer = await api.chat(model="fake", messages=MESSAGES, tools=[TOOL])
    assert answer.message.tool_calls is None
    assert answer.message.content == 'weather({"city": "東'
    assert answer.done_reason == "length"


async def test_generate(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    whole = await api.generate(model="fake", prompt="日本の首都は", system="短く")
    lines = [line async for line in await api.generate(model="fake", prompt="a", stream=True)]
    GenerateResponse.model_validate(whole.model_dump())
    assert whole.response == "".join(line.response or "" for line in lines) == "東京です。"
    await api.generate(model="fake", prompt="<|im_start|>", raw=True)
    first, _, raw = (request.prompt for request in backend.requests)
    assert isinstance(first, ChatPrompt)
    assert [message.role for message in first.messages] == ["system", "user"]
    assert raw == TextPrompt("<|im_start|>")


async def test_logprobs(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    entry = TokenLogprob(1, "東".encode(), -0.5, ((1, "東".encode(), -0.5), (2, b"\xe3", -2.0)))
    for _ in range(2):
        backend.play(Started(7, 0), Delta("東", (1,), logprobs=(entry,)), done(1))
    asked: dict[str, Any] = {"model": "fake", "prompt": "a", "logprobs": True, "top_logprobs": 2}
    whole = await api.generate(**asked)
    lines = [line async for line in await api.generate(**asked, stream=True)]
    assert whole.logprobs == lines[0].logprobs
    assert whole.logprobs is not None
    (told,) = whole.logprobs
    assert (told.token, told.logprob) == ("東", -0.5)
    assert told.top_logprobs is not None
    assert [one.logprob for one in told.top_logprobs] == [-0.5, -2.0]
    assert backend.requests[0].outputs.logprobs == 2


async def test_models(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    listed = await api.list()
    ListResponse.model_validate(listed.model_dump())
    assert [model.model for model in listed.models] == ["fake:latest", "other:latest"]
    assert listed.models[0].details is not None
    assert listed.models[0].details.family == "fake"
    shown = await api.show("fake")
    ShowResponse.model_validate(shown.model_dump(by_alias=True))
    assert shown.modelinfo is not None
    assert shown.modelinfo["general.architecture"] == "fake"
    assert shown.capabilities == ["completion"]
    running = await api.ps()
    ProcessResponse.model_validate(running.model_dump())
    assert [model.model for model in running.models] == ["fake:latest"]
    assert running.models[0].context_length == 4096


async def test_nothing_to_write_loads(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    for answer in (
        await api.chat(model="other"),
        await api.generate(model="other", keep_alive="5m"),
        *[line async for line in await api.generate(model="other", stream=True)],
    ):
        assert (answer.done, answer.done_reason) == (True, "load")
    assert [model.model for model in (await api.ps()).models] == ["fake:latest", "other:latest"]
    with pytest.raises(ollama.ResponseError, match="keep_alive"):
        await api.generate(model="other", keep_alive=0)


async def test_context_that_is_not_there(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    asked: dict[str, Any] = {"model": "fake", "messages": MESSAGES}
    assert await api.chat(**asked, options={"num_ctx": 4096})
    with pytest.raises(ollama.ResponseError, match="≤ 4096") as caught:
        await api.chat(**asked, options={"num_ctx": 4097})
    assert caught.value.status_code == 400
    lines = await api.chat(**asked, options={"num_ctx": 4097}, stream=True)
    with pytest.raises(ollama.ResponseError, match="≤ 4096") as caught:
        await anext(aiter(lines))
    assert caught.value.status_code == 400
    assert len(backend.requests) == 1


async def test_models_are_changed_by_command(api: ollama.AsyncClient) -> None:
    assert (await api.pull("fake")).status == "success"
    assert [line.status async for line in await api.pull("fake:latest", stream=True)] == ["success"]
    with pytest.raises(ollama.ResponseError, match="jimae pull llama3"):
        await api.pull("llama3")
    for change in (
        api.create(model="new", from_="fake"),
        api.copy("fake", "new"),
        api.delete("fake"),
        api.push("fake"),
    ):
        with pytest.raises(ollama.ResponseError, match="jimae pull") as caught:
            await change
        assert caught.value.status_code == 403


async def test_errors(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    with pytest.raises(ollama.ResponseError, match="not on this server") as missing:
        await api.chat(model="llama3", messages=MESSAGES)
    assert missing.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match=r"options\.temprature.*temperature"):
        await api.chat(model="fake", messages=MESSAGES, options={"temprature": 1})
    backend.play(JimaeError("queue_full", waiting=1, seconds=1, retry_after=1))
    with pytest.raises(ollama.ResponseError) as busy:
        await api.chat(model="fake", messages=MESSAGES)
    assert busy.value.status_code == 429


async def test_error_in_the_middle_of_a_stream_is_raised(
    api: ollama.AsyncClient, backend: FakeBackend
) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    backend.play(*saying("東")[:3], died)
    lines = aiter(await api.chat(model="fake", messages=MESSAGES, stream=True))
    assert (await anext(lines)).message.content == "東"
    with pytest.raises(ollama.ResponseError, match="ended unexpectedly"):
        await anext(lines)


async def test_paths_and_methods(served: Served) -> None:
    async with httpx.AsyncClient(trust_env=False, base_url=served.url) as http:
        # What its command asks before it does anything.
        for path in ("/", "/api/tags", "/api/version"):
            there = await http.head(path)
            assert (there.status_code, there.content) == (200, b""), path
        assert (await http.head("/api/chat")).status_code == 405
        assert set((await http.get("/api/version")).json()) == {"version", "jimae"}
        assert (await http.get("/api/status")).json()["mode"] == "single-user"
        wrong = await http.get("/api/chat")
        assert wrong.status_code == 405
        assert wrong.json()["code"] == "method_not_allowed"
        assert isinstance(wrong.json()["error"], str)
        # Not Ollama's: told in our own envelope.
        assert (await http.get("/api/nothing")).json()["error"]["code"] == "not_found"


async def test_vectors(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    vector = struct.pack("<2f", 0.6, 0.8)
    for _ in range(2):
        backend.play(Started(7, 0), Embedded(vector), done(0))
    many = await api.embed(model="fake:latest", input="東京")
    one = await api.embeddings(model="fake", prompt="東京")
    assert many.embeddings == [one.embedding]
    assert one.embedding == pytest.approx([0.6, 0.8])
    assert [request.prompt for request in backend.requests] == [TextPrompt("東京")] * 2


async def test_options_of_vectors(api: ollama.AsyncClient, backend: FakeBackend) -> None:
    vector = struct.pack("<2f", 0.6, 0.8)
    for _ in range(2):
        backend.play(Started(7, 0), Embedded(vector), done(0))
    # What clients send along with vectors: all that they send with a chat.
    fits: dict[str, Any] = {"num_ctx": 4096, "num_gpu": 1, "temperature": 0.8, "mirostat": 1}
    assert await api.embed(model="fake", input="東京", options=fits)
    assert await api.embeddings(model="fake", prompt="東京", options=fits)
    for options, said in (({"num_ctx": 4097}, "≤ 4096"), ({"num_ctxs": 1}, "num_ctx")):
        with pytest.raises(ollama.ResponseError, match=said) as caught:
            await api.embed(model="fake", input="東京", options=options)
        assert caught.value.status_code == 400
        with pytest.raises(ollama.ResponseError, match=said):
            await api.embeddings(model="fake", prompt="東京", options=options)
    assert len(backend.requests) == 2
