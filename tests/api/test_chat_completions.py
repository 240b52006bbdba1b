"""POST /v1/chat/completions: what comes back, whole and streamed."""

from __future__ import annotations

import asyncio
import json

import httpx

from fakes.backend import FakeBackend, Queued, done, forever, saying
from jimae.errors import JimaeError
from jimae.types import ChatPrompt, Delta, Message, Prefill, Sampling, Started, TextPart

URL = "/v1/chat/completions"
QUESTION = {"model": "fake", "messages": [{"role": "user", "content": "日本の首都はどこですか?"}]}


def events(body: str) -> list[dict[str, object]]:
    lines = [line[6:] for line in body.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


async def test_whole_answer_has_openai_fields(client: httpx.AsyncClient) -> None:
    response = await client.post(URL, json=QUESTION)
    assert response.status_code == 200
    body = response.json()
    assert body.pop("id").startswith("chatcmpl-")
    assert body.pop("created") > 1_700_000_000
    assert body.pop("system_fingerprint").startswith("jimae-")
    assert body == {
        "object": "chat.completion",
        "model": "fake",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "東京です。", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 7,
            "completion_tokens": 5,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


async def test_stream_is_role_text_finish_done(client: httpx.AsyncClient) -> None:
    response = await client.post(URL, json={**QUESTION, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-store"
    assert response.text.endswith("data: [DONE]\n\n")
    chunks = events(response.text)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[-1] == {}
    assert "".join(delta.get("content", "") for delta in deltas) == "東京です。"
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * 6 + ["stop"]
    assert all("usage" not in chunk for chunk in chunks)


async def test_include_usage_adds_a_last_chunk(client: httpx.AsyncClient) -> None:
    asked = {**QUESTION, "stream": True, "stream_options": {"include_usage": True}}
    chunks = events((await client.post(URL, json=asked)).text)
    assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 12


async def test_cached_tokens_are_told(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.play(*saying("はい", cached=5))
    usage = (await client.post(URL, json=QUESTION)).json()["usage"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 5}


async def test_length_is_told(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.play(*saying("長い", reason="length"))
    choice = (await client.post(URL, json=QUESTION)).json()["choices"][0]
    assert choice["finish_reason"] == "length"


async def test_n_choices_share_the_prompt(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.by_seed = {10: saying("一"), 11: saying("二二"), 12: saying("三三三")}
    body = (await client.post(URL, json={**QUESTION, "n": 3, "seed": 10})).json()
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert [c["message"]["content"] for c in body["choices"]] == ["一", "二二", "三三三"]
    assert body["usage"]["prompt_tokens"] == 7
    assert body["usage"]["completion_tokens"] == 6
    assert sorted(request.sampling.seed or 0 for request in backend.requests) == [10, 11, 12]
    assert len({request.id for request in backend.requests}) == 3


async def test_n_choices_stream_side_by_side(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    """Neither goes on before both have begun to arrive."""
    both = asyncio.Barrier(2)
    for seed, text in enumerate(("ああああ", "いいいい")):
        steps = saying(text)
        backend.by_seed[seed] = [*steps[:3], both, *steps[3:]]
    response = await client.post(URL, json={**QUESTION, "n": 2, "stream": True, "seed": 0})
    order = [chunk["choices"][0]["index"] for chunk in events(response.text)]
    assert order.index(1) < len(order) - order[::-1].index(0)
    texts = ["", ""]
    for chunk in events(response.text):
        choice = chunk["choices"][0]
        texts[choice["index"]] += choice["delta"].get("content", "")
    assert texts == ["ああああ", "いいいい"]


async def test_parameters_reach_the_model(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    asked = {
        "model": "fake",
        "messages": [
            {"role": "developer", "content": "短く"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
            },
            {"role": "assistant", "content": None, "refusal": None, "tool_calls": None},
        ],
        "temperature": 0,
        "top_p": 0.5,
        "top_k": 3,
        "min_p": 0.1,
        "presence_penalty": -1,
        "frequency_penalty": 2,
        "repetition_penalty": 1.1,
        "seed": 4,
        "logit_bias": {"17": -100},
        "stop": ["。", "\n"],
        "max_completion_tokens": 9,
        "ignore_eos": True,
        "user": "keiri",
        "metadata": {"a": "b"},
        "store": False,
        "response_format": {"type": "text"},
        "tools": None,
    }
    assert (await client.post(URL, json=asked)).status_code == 200
    request = backend.requests[0]
    assert request.prompt == ChatPrompt(
        (
            Message("developer", (TextPart("短く"),)),
            Message("user", (TextPart("a"), TextPart("b"))),
            Message("assistant", (TextPart(""),)),
        )
    )
    assert request.sampling == Sampling(
        temperature=0.0,
        top_p=0.5,
        top_k=3,
        min_p=0.1,
        presence_penalty=-1.0,
        frequency_penalty=2.0,
        repeat_penalty=1.1,
        seed=4,
        logit_bias={17: -100.0},
    )
    assert request.stop == ("。", "\n")
    assert request.max_tokens == 9
    assert request.ignore_eos
    assert request.principal.id == "local/keiri"
    assert request.principal.scope == "local"


async def test_news_of_waiting_are_comments(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(
        Queued(2, 12.0), Queued(1), Started(7, 0), Prefill(3, 7), Delta("あ", (1,)), done(1)
    )
    text = (await client.post(URL, json={**QUESTION, "stream": True})).text
    comments = [line for line in text.splitlines() if line.startswith(":")]
    assert comments == [
        ": queued position=2 seconds=12",
        ": queued position=1",
        ": prefill done=3 total=7",
    ]


async def test_error_before_the_first_event_has_its_status(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(JimaeError("queue_full", waiting=128, seconds=3, retry_after=2.1))
    response = await client.post(URL, json={**QUESTION, "stream": True})
    assert response.status_code == 429
    assert response.headers["retry-after"] == "3"
    assert response.json()["error"]["code"] == "queue_full"


async def test_error_after_the_first_event_ends_the_stream(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    backend.play(Started(7, 0), Delta("東", (1,)), died)
    response = await client.post(URL, json={**QUESTION, "stream": True})
    assert response.status_code == 200
    assert events(response.text)[-1]["error"]["code"] == "worker_died"
    assert "[DONE]" not in response.text


async def test_one_failing_choice_ends_the_others(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    both = asyncio.Barrier(2)
    backend.play(Started(7, 0), both, *forever())
    backend.play(Started(7, 0), both, died)
    response = await client.post(URL, json={**QUESTION, "n": 2})
    assert response.status_code == 503
    assert backend.active == 0
    assert backend.cancelled == 1


async def test_waits_for_a_model_that_loads(client: httpx.AsyncClient, backends: object) -> None:
    other = backends["other"]  # type: ignore[index]
    other.load_seconds = 0.05
    response = await client.post(URL, json={**QUESTION, "model": "other"})
    assert response.status_code == 200
    assert response.json()["model"] == "other"


async def test_load_that_takes_long_is_told(
    client: httpx.AsyncClient, backend: FakeBackend, monkeypatch: object
) -> None:
    from jimae.service import chat

    monkeypatch.setattr(chat, "LOAD_NEWS_SECONDS", 0.01)  # type: ignore[attr-defined]
    backend.restarting()
    asyncio.get_running_loop().call_later(0.1, backend.loaded)
    text = (await client.post(URL, json={**QUESTION, "stream": True})).text
    assert text.startswith(": loading seconds=")
    assert text.endswith("data: [DONE]\n\n")
