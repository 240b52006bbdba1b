"""POST /v1/completions: echo, probabilities in the older form, batches, filling a gap."""

from __future__ import annotations

import itertools
import math
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import official
from fakes.backend import FakeBackend, Step, done, saying
from jimae.api.openai.completions.convert import completion_asks, completion_request
from jimae.api.openai.completions.logprobs import Offsets, add, empty
from jimae.errors import JimaeError
from jimae.types import (
    Delta,
    GenerateRequest,
    InfillPrompt,
    Outputs,
    PromptLogprobs,
    Started,
    TokenLogprob,
    TokenPrompt,
)

URL = "/v1/completions"
ECHO: dict[str, Any] = {
    "model": "fake",
    "prompt": "東京",
    "echo": True,
    "logprobs": 1,
    "max_tokens": 1,
    "temperature": 0,
    "seed": 1234,
}


async def complete(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await client.post(URL, json={"model": "fake", **body})
    assert response.status_code == 200, response.text
    official.completion(response.json())
    found: dict[str, Any] = response.json()
    return found


async def chunks(client: httpx.AsyncClient, **body: Any) -> list[dict[str, Any]]:
    response = await client.post(URL, json={"model": "fake", **body, "stream": True})
    found = official.bodies(response.text)
    for chunk in found:
        official.completion(chunk)
    return found


def refused(**body: Any) -> tuple[str, str | None]:
    with pytest.raises(JimaeError) as caught:
        completion_asks(completion_request({"model": "fake", **body}))
    return caught.value.code, caught.value.param


def scored(text: str) -> PromptLogprobs:
    """A prompt of one token a character, each the most likely but the second."""
    tokens = []
    for index, character in enumerate(text):
        piece = character.encode()
        top = ((1, b"x", -0.1),) if index == 1 else ((ord(character), piece, -0.5),)
        tokens.append(
            TokenLogprob(ord(character), piece, None, ())
            if index == 0
            else TokenLogprob(ord(character), piece, -1.5 if index == 1 else -0.5, top)
        )
    return PromptLogprobs(tuple(tokens))


def judged(text: str, *written: Delta) -> list[Step]:
    return [Started(len(text), 0), scored(text), *written, done(len(written), "length")]


DOT = Delta(
    "。", (3,), logprobs=(TokenLogprob(3, "。".encode(), -0.2, ((3, "。".encode(), -0.2),)),)
)


async def test_echo_has_the_probabilities_of_the_prompt(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(*judged("東京都", DOT))
    choice = (await complete(client, **ECHO | {"prompt": "東京都"}))["choices"][0]
    assert choice["text"] == "東京都。"
    assert choice["logprobs"] == {
        "tokens": ["東", "京", "都", "。"],
        "token_logprobs": [None, -1.5, -0.5, -0.2],
        "top_logprobs": [None, {"x": -0.1, "京": -1.5}, {"都": -0.5}, {"。": -0.2}],
        "text_offset": [0, 1, 2, 3],
    }
    assert backend.requests[0].outputs == Outputs(logprobs=1, prompt_logprobs=1)
    assert backend.requests[0].max_tokens == 1


def harness(choice: dict[str, Any], context: int) -> tuple[float, bool]:
    """How lm-eval reads a choice (LocalCompletionsAPI.parse_logprobs)."""
    logprobs = choice["logprobs"]
    tokens = logprobs["token_logprobs"][context:-1]
    tops = logprobs["top_logprobs"][context:-1]
    greedy = all(token == max(top.values()) for token, top in zip(tokens, tops, strict=True))
    return sum(tokens), greedy


@pytest.mark.parametrize("written", [(DOT,), ()])
async def test_an_evaluation_reads_its_scores(
    client: httpx.AsyncClient, backend: FakeBackend, written: tuple[Delta, ...]
) -> None:
    """Also where the model ends at once: what is read is all but the last token."""
    ids = [ord(character) for character in "東京都"]
    backend.play(*judged("東京都", *written))
    choice = (await complete(client, **ECHO | {"prompt": [ids]}))["choices"][0]
    assert choice["text"] == "東京都" + ("。" if written else "")
    assert harness(choice, 1) == (-2.0, False)
    assert harness(choice, 2) == (-0.5, True)
    assert backend.requests[0].prompt == TokenPrompt(tuple(ids))


async def test_nothing_is_written_after_a_prompt_that_is_only_judged(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    backend.play(*judged("東京"))
    choice = (await complete(client, **ECHO | {"max_tokens": 0}))["choices"][0]
    assert choice["text"] == "東京"
    assert choice["logprobs"]["token_logprobs"] == [None, -1.5]
    request = backend.requests[0]
    assert request.outputs == Outputs(next_token=False, prompt_logprobs=1)
    assert request.max_tokens is None


async def test_echo_without_probabilities(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    for prompt in ("東京", [ord("東"), ord("京")]):
        backend.play(*saying("都"))
        choice = (await complete(client, prompt=prompt, echo=True))["choices"][0]
        assert (choice["text"], choice["logprobs"]) == ("東京都", None)
    assert backend.requests[0].outputs == Outputs()


async def test_a_token_before_the_text_does_not_move_it(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    begin = TokenLogprob(1, b"<s>", None)
    after = TokenLogprob(2, "東".encode(), -1.0, ((2, "東".encode(), -1.0),))
    backend.play(Started(2, 0), PromptLogprobs((begin,)), PromptLogprobs((after,)), DOT, done(1))
    choice = (await complete(client, **ECHO | {"prompt": "東"}))["choices"][0]
    assert choice["text"] == "東。"
    assert choice["logprobs"]["tokens"] == ["<s>", "東", "。"]
    assert choice["logprobs"]["text_offset"] == [0, 0, 1]


async def test_echo_is_streamed(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    backend.play(*judged("東京", DOT))
    found = await chunks(client, **ECHO)
    assert "".join(chunk["choices"][0]["text"] for chunk in found) == "東京。"
    lists = [chunk["choices"][0]["logprobs"] for chunk in found]
    assert [token for one in lists for token in one["tokens"]] == ["東", "京", "。"]
    assert [offset for one in lists for offset in one["text_offset"]] == [0, 1, 2]
    assert found[-1]["choices"][0]["finish_reason"] == "length"


async def test_prompts_are_numbered_through(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    def by_prompt(request: GenerateRequest) -> list[Step]:
        prompt = request.prompt
        assert isinstance(prompt, TokenPrompt)
        return saying(f"{prompt.ids[0]}-{request.sampling.seed}", cached=prompt.ids[0])

    backend.choose = by_prompt  # type: ignore[method-assign]
    body = await complete(client, prompt=[[1], [2]], n=2, seed=5)
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    assert [choice["text"] for choice in body["choices"]] == ["1-5", "1-6", "2-5", "2-6"]
    # Each prompt is counted once: 7 tokens of the fake.
    assert body["usage"]["prompt_tokens"] == 14
    assert body["usage"]["completion_tokens"] == 12
    assert body["usage"]["prompt_tokens_details"] == {"cached_tokens": 3}
    streamed = await chunks(client, prompt=[[1], [2]], n=2, seed=5)
    texts = ["", "", "", ""]
    for chunk in streamed:
        choice = chunk["choices"][0]
        texts[choice["index"]] += choice["text"]
    assert texts == ["1-5", "1-6", "2-5", "2-6"]


async def test_a_large_batch_leaves_room_in_the_queue(
    client: httpx.AsyncClient, backend: FakeBackend
) -> None:
    most = 0

    def counted(_: GenerateRequest) -> list[Step]:
        nonlocal most
        most = max(most, backend.active + 1)
        return saying("あ", delay=0.002)

    backend.choose = counted  # type: ignore[method-assign]
    body = await complete(client, prompt=["あ"] * 40)
    assert len(body["choices"]) == 40
    assert most == 8


async def test_a_gap_is_filled(client: httpx.AsyncClient, backend: FakeBackend) -> None:
    await complete(client, prompt="def add(a, b):\n    return ", suffix="\n\nprint(add(1, 2))")
    assert backend.requests[0].prompt == InfillPrompt(
        "def add(a, b):\n    return ", "\n\nprint(add(1, 2))"
    )


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"prompt": "a", "best_of": 2}, "replaced_parameter", "best_of"),
        ({"prompt": "a", "logprobs": 21}, "out_of_range", "logprobs"),
        ({"prompt": "a", "max_tokens": 0}, "out_of_range", "max_tokens"),
        ({"prompt": [1], "suffix": "b"}, "conflicting_parameters", "suffix"),
        ({"prompt": "a", "suffix": "b", "echo": True}, "conflicting_parameters", "suffix"),
        ({"prompt": "a", "tools": []}, "unknown_parameter", "tools"),
    ],
)
def test_what_is_refused(body: dict[str, Any], code: str, param: str) -> None:
    assert refused(**body) == (code, param)


def test_tokens_of_one_text_do_not_hide_each_other() -> None:
    body = empty()
    same = TokenLogprob(2, b"\n", -3.0, ((1, b"\n", -0.1), (9, b"\xe3", -1.0), (8, b"\xe4", -2.0)))
    add(body, [same], Offsets())
    assert body["top_logprobs"] == [
        {"\n": -0.1, "bytes:\\xe3": -1.0, "bytes:\\xe4": -2.0, "token_id:2": -3.0}
    ]
    assert body["token_logprobs"] == [-3.0]


def test_an_impossible_token_has_a_number() -> None:
    body = empty()
    add(body, [TokenLogprob(1, b"a", -math.inf)], Offsets())
    assert body["token_logprobs"] == [-9999.0]


@given(st.text(), st.data())
def test_offsets_are_where_the_character_of_a_token_begins(text: str, data: st.DataObject) -> None:
    encoded = text.encode()
    cuts = data.draw(st.lists(st.integers(0, len(encoded)), max_size=5).map(sorted))
    edges = [0, *cuts, len(encoded)]
    offsets = Offsets()
    for start, end in itertools.pairwise(edges):
        before = len(encoded[:start].decode(errors="ignore"))
        assert offsets.next(encoded[start:end]) == before
