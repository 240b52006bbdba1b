"""Chat answers on the wire: calls, reasoning and probabilities, whole and streamed."""

from __future__ import annotations

from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from fakes import official
from fakes.backend import FakeBackend, done
from fakes.weather import QUESTION, TOOL, calling
from jimae.api.openai.chat.convert import chat_request
from jimae.api.openai.chat.writer import ChatWriter
from jimae.api.openai.tally import Tally
from jimae.types import CallDelta, Delta, Started, TokenLogprob

URL = "/v1/chat/completions"
ASKED: dict[str, Any] = {"model": "fake", "messages": [QUESTION], "tools": [TOOL]}


async def whole(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    response = await client.post(URL, json=ASKED | more)
    assert response.status_code == 200, response.text
    official.chat(response.json())
    body: dict[str, Any] = response.json()
    return body


async def deltas(client: httpx.AsyncClient, **more: Any) -> list[dict[str, Any]]:
    response = await client.post(URL, json={**ASKED, **more, "stream": True})
    official.chat_chunks(response.text)
    return [body["choices"][0]["delta"] for body in official.bodies(response.text)]


async def test_calls_are_told_as_openai_tells_them(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(*calling("東京", "大阪"))
    choice = (await whole(client))["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [
            {
                "id": f"call_{index}",
                "type": "function",
                "function": {"name": "get_weather", "arguments": f'{{"city":"{city}"}}'},
            }
            for index, city in enumerate(("東京", "大阪"))
        ],
    }


def begins(index: int) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": ""}
    return {"index": index, "id": f"call_{index}", "type": "function", "function": function}


def goes_on(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"arguments": arguments}}


async def test_calls_are_streamed_as_openai_streams_them(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(*calling("東京", "大阪"))
    assert await deltas(client) == [
        {"role": "assistant", "content": None, "tool_calls": [begins(0)]},
        {"tool_calls": [goes_on(0, '{"ci')]},
        {"tool_calls": [goes_on(0, 'ty":"東京"}')]},
        {"tool_calls": [begins(1)]},
        {"tool_calls": [goes_on(1, '{"ci')]},
        {"tool_calls": [goes_on(1, 'ty":"大阪"}')]},
        {},
    ]


async def test_text_before_a_call_comes_first(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(*calling("東京", text="調べます。"))
    found = await deltas(client)
    assert found[:3] == [
        {"role": "assistant", "content": ""},
        {"content": "調べます。"},
        {"tool_calls": [begins(0)]},
    ]
    backend.play(*calling("東京", text="調べます。"))
    assert (await whole(client))["choices"][0]["message"]["content"] == "調べます。"


async def test_an_answer_without_calls_begins_with_its_role(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(Started(7, 0), done(0))
    assert await deltas(client) == [{"role": "assistant", "content": ""}, {}]


async def test_reasoning_is_apart_and_its_tokens_are_counted(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    for _ in range(2):
        backend.play(*calling(text="晴れです。", reasoning="天気か。"))
    body = await whole(client)
    assert body["choices"][0]["message"]["reasoning_content"] == "天気か。"
    assert body["choices"][0]["message"]["content"] == "晴れです。"
    # The mark before it, and itself; the mark behind it belongs to what follows.
    assert body["usage"]["completion_tokens_details"] == {"reasoning_tokens": 2}
    assert (await deltas(client))[:3] == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "天気か。"},
        {"content": "晴れです。"},
    ]


TOP = ((7, "東".encode(), -0.25), (8, b"\xe4\xba", -2.0), (9, b"A", float("-inf")))
PIECES = (
    Delta("", (8,), logprobs=(TokenLogprob(8, b"\xe4\xba", -2.0, TOP),)),
    Delta("京", (5,), logprobs=(TokenLogprob(5, b"\xac", -0.5),)),
)


async def test_probabilities_have_the_bytes_of_their_tokens(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(Started(7, 0), *PIECES, done(2))
    body = await whole(client, logprobs=True, top_logprobs=3)
    first, second = body["choices"][0]["logprobs"]["content"]
    assert first == {
        "token": "bytes:\\xe4\\xba",
        "bytes": [0xE4, 0xBA],
        "logprob": -2.0,
        "top_logprobs": [
            {"token": "東", "bytes": [0xE6, 0x9D, 0xB1], "logprob": -0.25},
            {"token": "bytes:\\xe4\\xba", "bytes": [0xE4, 0xBA], "logprob": -2.0},
            {"token": "A", "bytes": [0x41], "logprob": -9999.0},
        ],
    }
    assert bytes(first["bytes"] + second["bytes"]).decode() == "京"
    assert second["top_logprobs"] == []
    assert backend.requests[0].outputs.logprobs == 3


async def test_probabilities_are_streamed_also_where_no_text_is(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(Started(7, 0), *PIECES, done(2))
    asked = {"model": "fake", "messages": [QUESTION], "stream": True, "logprobs": True}
    chunks = official.bodies((await client.post(URL, json=asked)).text)
    told = [(c["choices"][0]["delta"], c["choices"][0]["logprobs"]) for c in chunks]
    assert [delta for delta, _ in told] == [
        {"role": "assistant", "content": ""},
        {"content": ""},
        {"content": "京"},
        {},
    ]
    assert [len(logprobs["content"]) if logprobs else None for _, logprobs in told] == [
        None,
        1,
        1,
        None,
    ]


async def test_probabilities_of_a_delta_with_several_parts_are_told_once(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    token = TokenLogprob(5, "東".encode(), -0.5)
    backend.play(Started(7, 0), Delta("東", (5,), reasoning="さて", logprobs=(token,)), done(1))
    asked = {"model": "fake", "messages": [QUESTION], "stream": True, "logprobs": True}
    chunks = official.bodies((await client.post(URL, json=asked)).text)
    told = [chunk["choices"][0]["logprobs"] is not None for chunk in chunks]
    assert told == [False, True, False, False]


async def test_the_tier_is_told_if_it_was_asked_for(client: httpx.AsyncClient) -> None:
    assert (await whole(client, service_tier="auto"))["service_tier"] == "default"
    assert "service_tier" not in await whole(client)


WORDS = st.text(max_size=3)
DELTAS = st.lists(
    st.builds(
        Delta,
        text=WORDS,
        token_ids=st.just((1,)),
        reasoning=WORDS,
        calls=st.lists(
            st.builds(CallDelta, index=st.integers(0, 2), arguments=WORDS), max_size=2
        ).map(tuple),
    ),
    max_size=8,
)


@given(DELTAS, st.booleans())
def test_a_stream_and_the_whole_say_the_same(written: list[Delta], tools: bool) -> None:
    body = {**ASKED, "tools": [TOOL] if tools else []}
    streamed, gathered = ChatWriter(chat_request(body)), ChatWriter(chat_request(body))
    tally = Tally()
    events = [Started(7, 0), *_named(written), done(3)]
    chunks = []
    for event in events:
        tally.add(0, event)
        gathered.add(0, event)
        chunks += [chunk["choices"][0]["delta"] for chunk in streamed.chunks(0, event)]
    message = gathered.whole(tally)["choices"][0]["message"]
    assert [chunk for chunk in chunks if "role" in chunk] == chunks[:1]
    assert "".join(chunk.get("content") or "" for chunk in chunks) == (message["content"] or "")
    thought = "".join(chunk.get("reasoning_content", "") for chunk in chunks)
    assert thought == message.get("reasoning_content", "")
    calls: dict[int, dict[str, str]] = {}
    for part in (part for chunk in chunks for part in chunk.get("tool_calls", ())):
        if "id" in part:
            assert part["index"] not in calls
            calls[part["index"]] = {"id": part["id"], "arguments": ""}
        calls[part["index"]]["arguments"] += part["function"]["arguments"]
    assert [call["arguments"] for _, call in sorted(calls.items())] == [
        call["function"]["arguments"] for call in message.get("tool_calls", ())
    ]


def _named(deltas: list[Delta]) -> list[Delta]:
    """The same with a name in the first delta of each call, as the seam has it."""
    begun: set[int] = set()
    named = []
    for delta in deltas:
        calls = []
        for call in delta.calls:
            first = call.index not in begun
            begun.add(call.index)
            calls.append(
                CallDelta(call.index, f"c{call.index}", "f", call.arguments) if first else call
            )
        named.append(Delta(delta.text, delta.token_ids, delta.reasoning, tuple(calls)))
    return named
