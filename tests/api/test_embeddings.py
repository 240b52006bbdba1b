"""Embeddings and rankings with the official client: the server, the child process, and tiny
random models, whose vectors NumPy computes too."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import ollama
import openai
import pytest
import pytest_asyncio
from openai.types import CreateEmbeddingResponse
from pydantic import TypeAdapter

from fakes import tiny_embedding as tiny
from fakes.serving import Served, serving
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend

TOLERANCE = 3e-3
TEXTS = ["東京は日本の首都です。", "大阪", "a"]
ENTRY = """
id = "shorter"
name = "A tiny model whose vectors may be shortened"
family = "test"
kind = "embedding"
context = 256
verified = false
description = { en = "For tests.", ja = "試験用です。" }
good_at = { en = ["tests"], ja = ["試験"] }
licence = { spdx = "MIT", url = "https://example.org", commercial = "allowed" }
vectors = { least_dimensions = 8, query = "q:" }
[[files]]
name = "shorter.gguf"
size = 1
[[files.sources]]
from = "file"
path = "/nowhere"
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")
Weights = dict[str, tiny.Weights]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Weights]:
    data_dir = tmp_path_factory.mktemp("data")
    models = data_dir / "models"
    models.mkdir()
    (data_dir / "catalogue").mkdir()
    (data_dir / "catalogue" / "shorter.toml").write_text(ENTRY)
    return data_dir, {
        "bert": tiny.encoder(models / "bert.gguf", "mean"),
        "shorter": tiny.causal(models / "shorter.gguf", "last"),
        "ranker": tiny.encoder(models / "ranker.gguf", "rank"),
        "yes-no": tiny.causal(models / "yes-no.gguf", "rank"),
        "writer": tiny.causal(models / "writer.gguf", None),
    }


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served(made: tuple[Path, Weights]) -> AsyncIterator[Served]:
    settings = load(
        environ={},
        overrides={
            "data_dir": made[0],
            "models.default": "writer",
            "engine.kv_tokens": 512,
            "engine.disk_cache_mb": 0,
        },
    )
    service = Service(settings, LocalBackend)
    async with serving(settings, service) as served:
        yield served


@pytest.fixture(scope="module")
def weights(made: tuple[Path, Weights]) -> Weights:
    return made[1]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    http = httpx.AsyncClient(trust_env=False)
    async with openai.AsyncOpenAI(
        base_url=f"{served.url}/v1", api_key="unused", max_retries=0, http_client=http
    ) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def http(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
        yield client


def around(text: str) -> list[int]:
    return [tiny.BOS, *tiny.token_ids(text), tiny.EOS]


def expected(weights: tiny.Weights, ids: list[int], pooling: tiny.Pooling) -> tiny.Array:
    vector = tiny.forward(weights, ids, pooling)
    return vector / np.linalg.norm(vector)


async def test_the_client_reads_vectors_of_texts(api: openai.AsyncOpenAI, weights: Weights) -> None:
    # The client asks for base64 and decodes it.
    answer = await api.embeddings.create(model="bert", input=TEXTS, user="somebody")
    assert [data.index for data in answer.data] == [0, 1, 2]
    for text, data in zip(TEXTS, answer.data, strict=True):
        assert data.embedding == pytest.approx(
            expected(weights["bert"], around(text), "mean"), abs=TOLERANCE
        )
    assert answer.usage.prompt_tokens == sum(len(around(text)) for text in TEXTS)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens
    assert answer.model == "bert"


@pytest.mark.parametrize("model", ["bert", "shorter", "writer"])
async def test_every_form_of_input_is_the_same_vector(api: openai.AsyncOpenAI, model: str) -> None:
    ids = around(TEXTS[0])
    forms: list[str | list[str] | list[int] | list[list[int]]] = [
        TEXTS[0],
        [TEXTS[0]],
        ids,
        [ids],
    ]
    answers = [
        await api.embeddings.create(model=model, input=form, encoding_format="float")
        for form in forms
    ]
    first = answers[0].data[0].embedding
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-6)
    for answer in answers:
        assert answer.data[0].embedding == first
        assert answer.usage.prompt_tokens == len(ids)


async def test_both_encodings_hold_the_same_numbers(http: httpx.AsyncClient) -> None:
    bodies = []
    for encoding in ("float", "base64"):
        body = {"model": "bert", "input": TEXTS, "encoding_format": encoding}
        response = await http.post("/v1/embeddings", json=body)
        assert response.status_code == 200
        bodies.append(response.json())
    TypeAdapter(CreateEmbeddingResponse).validate_python(bodies[0], strict=True)
    for number, text in zip(bodies[0]["data"], bodies[1]["data"], strict=True):
        decoded = np.frombuffer(base64.b64decode(text["embedding"]), "<f4")
        assert np.array_equal(np.array(number["embedding"], dtype=np.float32), decoded)


async def test_vectors_are_shortened_where_the_catalogue_says_so(api: openai.AsyncOpenAI) -> None:
    whole = (await api.embeddings.create(model="shorter", input="a")).data[0].embedding
    short = (await api.embeddings.create(model="shorter", input="a", dimensions=8)).data[0]
    begin = np.array(whole[:8])
    assert short.embedding == pytest.approx(begin / np.linalg.norm(begin), abs=1e-6)
    same = await api.embeddings.create(model="bert", input="a", dimensions=tiny.N_EMBD)
    assert len(same.data[0].embedding) == tiny.N_EMBD


async def test_an_input_type_is_what_the_publisher_puts_before_it(
    api: openai.AsyncOpenAI, weights: Weights
) -> None:
    body = {"input_type": "query"}
    answer = await api.embeddings.create(model="shorter", input="大阪", extra_body=body)
    assert answer.data[0].embedding == pytest.approx(
        expected(weights["shorter"], around("q:大阪"), "last"), abs=TOLERANCE
    )


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"model": "bert", "input": ""}, "wrong_length", "input"),
        ({"model": "bert", "input": []}, "wrong_length", "input"),
        ({"model": "bert", "input": ["a", ""]}, "wrong_length", "input.1"),
        ({"model": "bert", "input": ["a"] * 2049}, "wrong_length", "input"),
        ({"model": "bert", "input": [tiny.N_VOCAB]}, "token_out_of_range", "input"),
        ({"model": "bert", "input": "a" * 300}, "input_too_long", "input"),
        ({"model": "bert", "input": ["a", "a" * 300]}, "input_too_long", "input.1"),
        ({"model": "writer", "input": "a" * 300}, "input_too_long", "input"),
        ({"model": "bert", "input": "a\0"}, "invalid_text", "input"),
        ({"model": "bert", "input": "a", "dimensions": 8}, "dimensions_fixed", "dimensions"),
        ({"model": "shorter", "input": "a", "dimensions": 7}, "dimensions_unknown", "dimensions"),
        ({"model": "shorter", "input": "a", "dimensions": 65}, "dimensions_unknown", "dimensions"),
        (
            {"model": "shorter", "input": "a", "input_type": "document"},
            "input_type_unknown",
            "input_type",
        ),
        ({"model": "ranker", "input": "a"}, "cannot_embed", "model"),
        ({"model": "nothing", "input": "a"}, "model_not_found", "model"),
        ({"model": "bert", "input": "a", "encoding": "float"}, "unknown_parameter", "encoding"),
        ({"model": "bert", "input": "a", "encoding_format": "x"}, "invalid_choice", None),
    ],
)
async def test_what_cannot_be_is_an_error_that_names_it(
    http: httpx.AsyncClient, body: dict[str, object], code: str, param: str | None
) -> None:
    response = await http.post("/v1/embeddings", json=body)
    error = response.json()["error"]
    assert (error["code"], response.status_code // 100) == (code, 4), error
    assert param is None or error["param"] == param


async def test_a_model_that_cannot_says_which_can(http: httpx.AsyncClient) -> None:
    told = await http.post("/v1/embeddings", json={"model": "ranker", "input": "a"})
    assert "Models here that do: bert, shorter, writer." in told.json()["error"]["message"]
    body = {"model": "bert", "query": "a", "documents": ["b"]}
    told = await http.post("/v1/rerank", json=body)
    assert told.json()["error"]["code"] == "cannot_rerank"
    assert "Rerankers here: ranker, yes-no." in told.json()["error"]["message"]


async def test_a_model_for_vectors_does_not_write(api: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await api.completions.create(model="bert", prompt="a")
    assert caught.value.code == "cannot_write"
    assert "Models here that write: writer." in caught.value.message


async def test_a_vector_does_not_depend_on_what_others_do(
    api: openai.AsyncOpenAI, weights: Weights
) -> None:
    async def write(number: int) -> None:
        await api.completions.create(
            model="writer", prompt=[7 + number] * 20, max_tokens=60, extra_body={"ignore_eos": True}
        )

    writers = [asyncio.create_task(write(number)) for number in range(4)]
    many = [text * (1 + n % 4) for n in range(14) for text in TEXTS]
    answer = await api.embeddings.create(model="writer", input=many)
    for text, data in zip(many, answer.data, strict=True):
        assert data.embedding == pytest.approx(
            expected(weights["writer"], around(text), "mean"), abs=TOLERANCE
        )
    await asyncio.gather(*writers)


def pair(query: str, document: str) -> list[int]:
    between = [tiny.EOS, tiny.SEP]
    return [tiny.BOS, *tiny.token_ids(query), *between, *tiny.token_ids(document), tiny.EOS]


async def test_documents_come_best_first(http: httpx.AsyncClient, weights: Weights) -> None:
    body = {"model": "ranker", "query": "首都", "documents": [*TEXTS, {"text": "b"}]}
    found = (await http.post("/v1/rerank", json=body)).json()
    raw = (await http.post("/v1/rerank", json={**body, "raw_scores": True})).json()
    scores = [result["relevance_score"] for result in found["results"]]
    assert scores == sorted(scores, reverse=True)
    assert sorted(result["index"] for result in found["results"]) == [0, 1, 2, 3]
    texts = [*TEXTS, "b"]
    for result, number in zip(found["results"], raw["results"], strict=True):
        assert "document" not in result
        logit = tiny.forward(weights["ranker"], pair("首都", texts[result["index"]]), "rank")[0]
        assert number["relevance_score"] == pytest.approx(logit, abs=TOLERANCE)
        assert result["relevance_score"] == pytest.approx(1 / (1 + np.exp(-logit)), abs=TOLERANCE)
    assert found["usage"]["prompt_tokens"] == sum(len(pair("首都", text)) for text in texts)


async def test_the_probability_of_a_yes_stays_as_it_is(
    http: httpx.AsyncClient, weights: Weights
) -> None:
    body = {"model": "yes-no", "query": "首都", "documents": TEXTS, "top_n": 2}
    body["return_documents"] = True
    found = (await http.post("/v1/rerank", json=body)).json()["results"]
    yes = [tiny.forward(weights["yes-no"], pair("首都", text), "rank")[0] for text in TEXTS]
    best = sorted(range(3), key=lambda index: -yes[index])[:2]
    assert [result["index"] for result in found] == best
    for result in found:
        assert result["relevance_score"] == pytest.approx(yes[result["index"]], abs=TOLERANCE)
        assert result["document"] == {"text": TEXTS[result["index"]]}


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"documents": []}, "wrong_length", "documents"),
        ({"documents": ["a", ""]}, "wrong_length", "documents.1"),
        ({"documents": ["a", "b" * 300]}, "input_too_long", "documents.1"),
        ({"top_n": 0}, "out_of_range", "top_n"),
        ({"query": ""}, "wrong_length", "query"),
        ({"max_tokens_per_doc": 5}, "unsupported_parameter", "max_tokens_per_doc"),
    ],
)
async def test_a_ranking_that_cannot_be_is_an_error(
    http: httpx.AsyncClient, change: dict[str, object], code: str, param: str
) -> None:
    body = {"model": "ranker", "query": "a", "documents": ["b"], **change}
    response = await http.post("/v1/rerank", json=body)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (400, code, param), error


async def test_ollama_s_form(served: Served, weights: Weights) -> None:
    async with ollama.AsyncClient(host=served.url, trust_env=False) as client:
        answer = await client.embed(model="bert:latest", input=TEXTS)
        with pytest.raises(ollama.ResponseError, match="takes at most 256"):
            await client.embed(model="bert", input="a" * 300, truncate=True)
    for text, vector in zip(TEXTS, answer.embeddings, strict=True):
        assert vector == pytest.approx(
            expected(weights["bert"], around(text), "mean"), abs=TOLERANCE
        )
    assert answer.prompt_eval_count == sum(len(around(text)) for text in TEXTS)


async def test_who_leaves_frees_the_model(http: httpx.AsyncClient) -> None:
    body = {"model": "shorter", "input": ["a" * 250] * 2048}
    with pytest.raises(httpx.ReadTimeout):
        await http.post(
            "/v1/embeddings",
            content=json.dumps(body),
            timeout=0.3,
            headers={"Content-Type": "application/json"},
        )
    async with asyncio.timeout(5):
        while True:
            status = (await http.get("/api/status")).json()
            if not any(model["use"] and model["use"]["requests"] for model in status["models"]):
                break
            await asyncio.sleep(0.02)
