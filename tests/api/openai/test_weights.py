"""OpenAI's endpoints on real weights: forms hold, calls are made, probabilities are right."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from fakes import official
from fakes.serving import Served, serving
from fakes.weather import QUESTION, TOOL
from fakes.weights import MODELS, THREADS
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend

SMALL = "qwen2.5-coder-0.5b"
LARGE = "qwen2.5-coder-1.5b"

pytestmark = [pytest.mark.weights, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    data_dir = tmp_path_factory.mktemp("data")
    (data_dir / "models").symlink_to(MODELS)
    chosen = {
        "data_dir": data_dir,
        "models.default": SMALL,
        "engine.kv_tokens": 8192,
        "engine.parallel": 8,
        "engine.threads": THREADS,
    }
    settings = load(environ={}, overrides=chosen)
    async with serving(settings, Service(settings, LocalBackend)) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def http(real: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=real.url, trust_env=False, timeout=120) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(real: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    unproxied = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{real.url}/v1", api_key="unused", max_retries=0, http_client=unproxied
    ) as client:
        yield client


async def chat(api: openai.AsyncOpenAI, **more: Any) -> openai.types.chat.ChatCompletion:
    asked = {"model": SMALL, "messages": [QUESTION], "temperature": 0, "max_tokens": 96} | more
    raw = await api.chat.completions.with_raw_response.create(**asked)
    return official.chat(raw.http_response.json())


async def complete(http: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await http.post("/v1/completions", json={"model": SMALL, "temperature": 0} | body)
    assert response.status_code == 200, response.text
    official.completion(response.json())
    choice: dict[str, Any] = response.json()["choices"][0]
    return choice


async def test_a_forced_call_keeps_to_its_schema(api: openai.AsyncOpenAI) -> None:
    named = {"type": "function", "function": {"name": "get_weather"}}
    answer = await chat(api, tools=[TOOL], tool_choice=named)
    (call,) = answer.choices[0].message.tool_calls or ()
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments).keys() == {"city"}
    assert answer.choices[0].finish_reason == "tool_calls"


async def test_a_streamed_call_keeps_to_it_too(api: openai.AsyncOpenAI) -> None:
    async with api.chat.completions.stream(
        model=SMALL,
        messages=[QUESTION],
        tools=[TOOL],
        tool_choice="required",
        parallel_tool_calls=False,
        temperature=0,
        max_tokens=64,
    ) as stream:
        final = await stream.get_final_completion()
    (call,) = final.choices[0].message.tool_calls or ()
    assert json.loads(call.function.arguments).keys() == {"city"}


async def test_none_calls_nothing(api: openai.AsyncOpenAI) -> None:
    answer = await chat(api, tools=[TOOL], tool_choice="none", max_tokens=12)
    assert answer.choices[0].message.tool_calls is None
    assert answer.choices[0].message.content


@pytest.mark.parametrize("begun", ["<think>\n", "<think>\nThe sea is"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_reasoning_does_not_end_at_a_stop_string(
    api: openai.AsyncOpenAI, streamed: bool, begun: str
) -> None:
    """A model that is made to think, or to go on with it, and so to write one soon."""
    thinking = {"role": "assistant", "content": begun}
    asked: dict[str, Any] = {
        "model": SMALL,
        "messages": [{"role": "user", "content": "Tell me about the sea."}, thinking],
        "temperature": 0,
        "stop": ["e"],
        "max_tokens": 24,
        "extra_body": {"continue_final_message": True},
    }
    if streamed:
        chunks = [chunk async for chunk in await api.chat.completions.create(stream=True, **asked)]
        thought = "".join(
            getattr(chunk.choices[0].delta, "reasoning_content", "") for chunk in chunks
        )
        reason = chunks[-1].choices[0].finish_reason
    else:
        (choice,) = (await api.chat.completions.create(**asked)).choices
        thought, reason = choice.message.reasoning_content, choice.finish_reason  # type: ignore[attr-defined]
    assert "e" in thought
    assert reason == "length"


PERSON = {
    "type": "object",
    "properties": {
        "名前": {"type": "string", "maxLength": 20},
        "年齢": {"type": "integer", "minimum": 0, "maximum": 120},
        "部署": {"enum": ["経理", "総務", "開発"]},
    },
    "required": ["名前", "年齢", "部署"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("temperature", [0, 1])
async def test_an_answer_keeps_to_its_schema(api: openai.AsyncOpenAI, temperature: float) -> None:
    answer = await chat(
        api,
        messages=[{"role": "user", "content": "経理の田中さん、35歳。JSON で書いてください。"}],
        temperature=temperature,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "person", "strict": True, "schema": PERSON},
        },
    )
    person = json.loads(answer.choices[0].message.content or "")
    assert person.keys() == PERSON["properties"].keys()  # type: ignore[attr-defined]
    assert 0 <= person["年齢"] <= 120
    assert person["部署"] in ("経理", "総務", "開発")


@pytest.mark.parametrize(
    ("form", "allowed"),
    [
        ({"choice": ["はい", "いいえ"]}, {"はい", "いいえ"}),
        ({"regex": "[0-9]{3}"}, {f"{number:03}" for number in range(1000)}),
        ({"grammar": 'start: "東京" | "大阪"'}, {"東京", "大阪"}),
        ({"grammar": 'root ::= "東京" | "大阪"'}, {"東京", "大阪"}),
    ],
)
async def test_other_forms_hold(
    api: openai.AsyncOpenAI, form: dict[str, Any], allowed: set[str]
) -> None:
    answer = await chat(api, extra_body={"structured_outputs": form})
    assert answer.choices[0].message.content in allowed


async def test_a_schema_that_cannot_be_enforced_is_refused(api: openai.AsyncOpenAI) -> None:
    schema = {"type": "object", "properties": {"a": {"not": {"type": "string"}}}}
    with pytest.raises(openai.BadRequestError, match="not"):
        await chat(
            api,
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": schema},
            },
        )


async def test_probabilities_are_a_distribution_and_their_bytes_the_text(
    api: openai.AsyncOpenAI,
) -> None:
    answer = await chat(api, logprobs=True, top_logprobs=20, max_tokens=24)
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    for token in logprobs.content:
        assert len(token.top_logprobs) == 20
        assert sum(math.exp(top.logprob) for top in token.top_logprobs) <= 1.001
        assert token.top_logprobs[0].logprob >= token.top_logprobs[-1].logprob
        # Greedy: what was written is what was most likely.
        assert token.logprob == token.top_logprobs[0].logprob
    written = bytes(byte for token in logprobs.content for byte in token.bytes or ())
    text = (answer.choices[0].message.content or "").encode()
    assert written.startswith(text) or text.startswith(written)


TEXT = "The capital of Japan is Tokyo. The capital of France is Paris."


async def test_a_prompt_is_judged_as_it_would_be_written(http: httpx.AsyncClient) -> None:
    """The probabilities of a text that was read are those of the same text when written."""
    written = await complete(http, prompt=TEXT, max_tokens=12, logprobs=1)
    whole = TEXT + written["text"]
    read = await complete(http, prompt=whole, max_tokens=1, logprobs=1, echo=True)
    assert read["text"].startswith(whole)
    count = len(written["logprobs"]["tokens"])
    echoed = read["logprobs"]["token_logprobs"][-1 - count : -1]
    assert echoed == pytest.approx(written["logprobs"]["token_logprobs"], abs=0.15)
    assert read["logprobs"]["tokens"][-1 - count : -1] == written["logprobs"]["tokens"]


async def test_a_prompt_has_the_same_scores_in_pieces(http: httpx.AsyncClient) -> None:
    """A token's probability depends on what precedes it, not on what else is judged."""
    asked = {"prompt": TEXT, "add_special_tokens": False, "model": SMALL}
    ids = (await http.post("/tokenize", json=asked)).json()["tokens"]
    whole = await complete(http, prompt=ids, max_tokens=0, logprobs=5, echo=True)
    scores = whole["logprobs"]["token_logprobs"]
    assert len(scores) == len(ids)
    assert scores[0] is None
    assert whole["text"] == TEXT
    assert "".join(whole["logprobs"]["tokens"]) == TEXT
    for end in (3, len(ids) // 2):
        part = await complete(http, prompt=ids[:end], max_tokens=0, logprobs=5, echo=True)
        assert part["logprobs"]["token_logprobs"][1:] == pytest.approx(scores[1:end], abs=0.15)
    tops = whole["logprobs"]["top_logprobs"][1:]
    assert all(5 <= len(top) <= 6 for top in tops)
    for score, top in zip(scores[1:], tops, strict=True):
        assert score in top.values()


async def test_an_evaluation_prefers_what_is_true(http: httpx.AsyncClient) -> None:
    """As lm-eval's `local-completions` asks: token ids, echo, one token that is thrown away."""
    sums = []
    for choice in (" Tokyo", " Banana"):
        lengths = []
        for text in ("The capital of Japan is", f"The capital of Japan is{choice}"):
            asked = {"prompt": text, "add_special_tokens": False}
            lengths.append((await http.post("/tokenize", json=asked)).json()["tokens"])
        context, ids = lengths
        scored = await complete(http, prompt=[ids], max_tokens=1, logprobs=1, echo=True, seed=1234)
        sums.append(sum(scored["logprobs"]["token_logprobs"][len(context) : -1]))
    assert sums[0] > sums[1] + 3


async def test_a_gap_in_a_program_is_filled(http: httpx.AsyncClient) -> None:
    filled = await complete(
        http,
        prompt="def add(a, b):\n    return ",
        suffix="\n\nprint(add(1, 2))  # 3\n",
        max_tokens=16,
    )
    assert "a + b" in filled["text"]


async def test_the_tokens_of_a_conversation_are_those_of_its_template(
    http: httpx.AsyncClient,
) -> None:
    system = {"role": "system", "content": "短く。"}
    said = [system, {"role": "user", "content": "首都は?"}, {"role": "assistant", "content": "東"}]
    begun = "<|im_start|>system\n短く。<|im_end|>\n<|im_start|>user\n首都は?<|im_end|>\n"
    answer = "<|im_start|>assistant\n"
    for messages, asked, text in (
        (said[:2], {}, begun + answer),
        (said[:2], {"add_generation_prompt": False}, begun),
        (said, {"continue_final_message": True}, begun + answer + "東"),
    ):
        found = (await http.post("/tokenize", json={"messages": messages, **asked})).json()
        assert found["count"] == len(found["tokens"])
        whole = await http.post("/detokenize", json={"tokens": found["tokens"]})
        assert whole.json()["prompt"] == text


async def test_special_tokens_come_back_from_the_tokenizer(http: httpx.AsyncClient) -> None:
    info = (await http.get("/tokenizer_info")).json()
    tokens = (await http.post("/tokenize", json={"prompt": info["eos_token"]})).json()["tokens"]
    assert len(tokens) == 1
    text = (await http.post("/detokenize", json={"tokens": tokens})).json()["prompt"]
    assert text == info["eos_token"]
    assert "<|im_start|>" in info["chat_template"]


# The 1.5B is loaded first, and on a busy machine it writes two words a second.
@pytest.mark.timeout(400)
async def test_a_chat_with_a_tool_in_japanese(api: openai.AsyncOpenAI) -> None:
    """The 1.5B asks for the weather by itself, is told it, and says it."""
    messages: list[Any] = [
        {
            "role": "system",
            "content": "あなたは天気を案内する係です。天気は必ず get_weather で調べ、"
            "その結果を使って日本語の文章で答えてください。"
            "同じことを二度調べないでください。",
        },
        QUESTION,
    ]
    asked = {"model": LARGE, "tools": [TOOL], "max_tokens": 48}
    first = await chat(api, messages=messages, **asked)
    message = first.choices[0].message
    assert first.choices[0].finish_reason == "tool_calls"
    (call,) = message.tool_calls or ()
    assert call.type == "function"
    assert "東京" in json.loads(call.function.arguments)["city"]
    told = {"weather": "雨", "celsius": 12}
    messages += [
        message.model_dump(),
        {"role": "tool", "tool_call_id": call.id, "content": json.dumps(told, ensure_ascii=False)},
    ]
    second = await chat(api, messages=messages, **asked)
    assert second.choices[0].finish_reason == "stop"
    content = second.choices[0].message.content or ""
    assert "雨" in content
    assert "12" in content
