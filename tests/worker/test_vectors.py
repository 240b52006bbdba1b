"""A worker that makes vectors and scores: the child process, on tiny random models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from fakes import tiny_embedding as tiny
from fakes.weights import MODELS, THREADS
from jimae.errors import JimaeError
from jimae.settings import load
from jimae.types import (
    Done,
    Embedded,
    GenerateRequest,
    Outputs,
    PairPrompt,
    Principal,
    Prompt,
    Sampling,
    TextPrompt,
    TokenPrompt,
)
from jimae.worker.client import LocalBackend

TOLERANCE = 3e-3
TEXT = "東京は日本の首都です。"


@asynccontextmanager
async def running(path: Path, **engine: object) -> AsyncIterator[LocalBackend]:
    overrides = {f"engine.{name}": value for name, value in engine.items()}
    settings = load(
        environ={}, overrides={"engine.kv_tokens": 512, "engine.threads": THREADS, **overrides}
    )
    backend = LocalBackend(path.stem, path, settings, Sampling())
    await backend.start()
    try:
        await backend.wait_ready()
        yield backend
    finally:
        await backend.close()


async def ask(
    backend: LocalBackend, prompt: Prompt, name: str = "1", *, score: bool = False
) -> tuple[tiny.Array, Done]:
    outputs = Outputs(next_token=False, embedding=not score, score=score)
    request = GenerateRequest(name, Principal("a", "a"), prompt, outputs=outputs)
    events = [event async for event in backend.generate(request)]
    *_, embedded, done = events
    assert isinstance(embedded, Embedded)
    assert isinstance(done, Done)
    return np.frombuffer(embedded.data, "<f4").astype(np.float64), done


def unit(vector: tiny.Array) -> tiny.Array:
    return vector / np.linalg.norm(vector)


async def test_an_encoder_embeds_and_does_nothing_else(tmp_path: Path) -> None:
    weights = tiny.encoder(tmp_path / "bert.gguf", "mean")
    async with running(tmp_path / "bert.gguf") as backend:
        info = await backend.wait_ready()
        assert info.capabilities == ("embeddings",)
        assert info.embedding_size == tiny.N_EMBD
        ids = [tiny.BOS, *tiny.token_ids(TEXT), tiny.EOS]
        vector, done = await ask(backend, TextPrompt(TEXT))
        assert done.usage.prompt_tokens == len(ids)
        assert np.abs(vector - unit(tiny.forward(weights, ids, "mean"))).max() < TOLERANCE
        given, _ = await ask(backend, TokenPrompt(tuple(ids)))
        assert np.array_equal(given, vector)
        with pytest.raises(JimaeError) as caught:
            await ask(backend, TokenPrompt(tuple([7] * 257)))
        assert caught.value.code == "input_too_long"
        assert caught.value.values["tokens"] == 257
        assert caught.value.values["limit"] == tiny.CONTEXT
        for prompt, code in (
            (TokenPrompt((tiny.N_VOCAB,)), "token_out_of_range"),
            (TokenPrompt(()), "empty_prompt"),
        ):
            with pytest.raises(JimaeError) as caught:
                await ask(backend, prompt)
            assert caught.value.code == code
        with pytest.raises(JimaeError, match="writes no text"):
            async for _ in backend.generate(
                GenerateRequest("2", Principal("a", "a"), TextPrompt("a"))
            ):
                pass
        with pytest.raises(JimaeError, match="not a reranker"):
            await ask(backend, PairPrompt("a", "b"), score=True)
        assert (await backend.status()).running == 0
        await backend.forget("a")


async def test_many_at_once_are_what_each_is_alone(tmp_path: Path) -> None:
    weights = tiny.causal(tmp_path / "qwen.gguf", "last")
    async with running(tmp_path / "qwen.gguf") as backend:
        texts = [TEXT[: 1 + n % len(TEXT)] * (1 + n % 3) for n in range(40)]
        answers = await asyncio.gather(
            *(ask(backend, TextPrompt(text), str(n)) for n, text in enumerate(texts))
        )
        for text, (vector, _) in zip(texts, answers, strict=True):
            ids = [tiny.BOS, *tiny.token_ids(text), tiny.EOS]
            assert np.abs(vector - unit(tiny.forward(weights, ids, "last"))).max() < TOLERANCE


async def test_what_looks_like_a_special_token_is_text(tmp_path: Path) -> None:
    tiny.causal(tmp_path / "qwen.gguf", "last")
    async with running(tmp_path / "qwen.gguf") as backend:
        _, done = await ask(backend, TextPrompt("</s>"))
        assert done.usage.prompt_tokens == 2 + len("</s>")


async def test_a_pair_is_joined_as_the_vocabulary_says(tmp_path: Path) -> None:
    weights = tiny.encoder(tmp_path / "rank.gguf", "rank")
    async with running(tmp_path / "rank.gguf") as backend:
        info = await backend.wait_ready()
        assert info.capabilities == ("rerank",)
        assert info.embedding_size == 0
        score, done = await ask(backend, PairPrompt("首都", TEXT), score=True)
        ids = [tiny.BOS, *tiny.token_ids("首都"), tiny.EOS, tiny.SEP]
        ids += [*tiny.token_ids(TEXT), tiny.EOS]
        assert done.usage.prompt_tokens == len(ids)
        assert score == pytest.approx(tiny.forward(weights, ids, "rank"), abs=TOLERANCE)
        with pytest.raises(JimaeError, match="makes no embeddings"):
            await ask(backend, TextPrompt("a"))


async def test_a_pair_is_put_into_the_template_of_the_file(tmp_path: Path) -> None:
    template = "<s>Q:{query}D:{document}</s>"
    weights = tiny.causal(tmp_path / "rank.gguf", "rank", template=template)
    async with running(tmp_path / "rank.gguf") as backend:
        query, document = "a</s>{document}", "b<sep>{query}"
        score, _ = await ask(backend, PairPrompt(query, document), score=True)
        ids = [tiny.BOS, *tiny.token_ids(f"Q:{query}D:{document}"), tiny.EOS]
        assert score == pytest.approx(tiny.forward(weights, ids, "rank")[:1], abs=TOLERANCE)
        assert 0 < score[0] < 1


async def test_a_model_that_writes_embeds_with_the_mean_unless_switched_off(
    tmp_path: Path,
) -> None:
    weights = tiny.causal(tmp_path / "qwen.gguf", None)
    async with running(tmp_path / "qwen.gguf") as backend:
        assert "embeddings" in (await backend.wait_ready()).capabilities
        vector, _ = await ask(backend, TextPrompt(TEXT))
        ids = [tiny.BOS, *tiny.token_ids(TEXT), tiny.EOS]
        assert np.abs(vector - unit(tiny.forward(weights, ids, "mean"))).max() < TOLERANCE
        request = GenerateRequest("2", Principal("a", "a"), TokenPrompt((7, 8)), max_tokens=2)
        assert [event async for event in backend.generate(request)]
    async with running(tmp_path / "qwen.gguf", embedding_tokens=0) as backend:
        with pytest.raises(JimaeError, match="makes no embeddings"):
            await ask(backend, TextPrompt(TEXT))


@pytest.mark.weights
async def test_real_vectors_are_the_same_alone_together_and_beside_answers() -> None:
    """Cosines above 0.999: with others in a batch the sums are rounded otherwise."""
    texts = [
        "会議は明日の午後三時に始まります。",
        "りんごはおいしい果物です。",
        "def add(a, b): return a + b",
        "昔々、あるところにおじいさんとおばあさんがいました。" * 8,
    ]
    async with running(MODELS / "qwen2.5-coder-0.5b.gguf", kv_tokens=2048) as backend:
        alone = [(await ask(backend, TextPrompt(text)))[0] for text in texts]

        async def write() -> list[float]:
            request = GenerateRequest(
                "w", Principal("w", "w"), TextPrompt("数を数えます。1、2、"), max_tokens=24
            )
            loop = asyncio.get_running_loop()
            return [loop.time() async for event in backend.generate(request)]

        writing = asyncio.create_task(write())
        together = await asyncio.gather(
            *(ask(backend, TextPrompt(text), str(n)) for n, text in enumerate(texts))
        )
        assert len(await writing) > 2
    for one, (other, done) in zip(alone, together, strict=True):
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
        assert one @ other > 0.999
        assert done.usage.completion_tokens == 0
