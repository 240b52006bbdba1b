"""Vectors and scores of tiny random models, against the same computed in NumPy.

Tolerance: 3e-3 of the length of the vector. llama.cpp's attention keeps keys and
values in half floats and its GELU is a table of them; a wrong pooling or a missing
token is off by more than 0.1 (the last test shows it).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakes import tiny_embedding as tiny
from fakes import tiny_hybrid
from fakes.weights import MODELS, THREADS
from jimae.catalogue import abilities
from jimae.catalogue.gguf_header import read_header
from jimae.llama.embedder import LlamaEmbedder, Vector
from jimae.llama.model import Slice
from jimae.llama.weights import LlamaWeights, LoadOptions

TOLERANCE = 3e-3
TEXT = "東京は日本の首都です。"

Write = Callable[[Path, tiny.Pooling], tiny.Weights]
CASES: list[tuple[Write, tiny.Pooling]] = [
    (tiny.encoder, "mean"),
    (tiny.encoder, "cls"),
    (tiny.encoder, "rank"),
    (tiny.causal, "last"),
    (tiny.causal, "mean"),
    (tiny.causal, "cls"),
    (tiny.causal, "rank"),
]


def embedder(path: Path, pooling: tiny.Pooling, batch: int = 128) -> LlamaEmbedder:
    options = LoadOptions(path, n_cells=256, n_running=8, n_batch=batch, threads=THREADS)
    return LlamaEmbedder(options, pooling, share=LlamaWeights(options))


def vector_of(model: LlamaEmbedder, ids: list[int], chunk: int = 1000, seq_id: int = 0) -> Vector:
    for start in range(0, len(ids), chunk):
        part = ids[start : start + chunk]
        model.read([Slice(seq_id, start, part, len(part))])
    return model.take(seq_id)


def difference(found: Vector, expected: tiny.Array) -> float:
    return float(np.abs(found - expected).max() / np.linalg.norm(expected))


@pytest.mark.parametrize(("write", "pooling"), CASES)
def test_a_vector_is_what_numpy_computes(
    tmp_path: Path, write: Write, pooling: tiny.Pooling
) -> None:
    weights = write(tmp_path / "tiny.gguf", pooling)
    assert abilities.own_pooling(read_header(tmp_path / "tiny.gguf")) == pooling
    model = embedder(tmp_path / "tiny.gguf", pooling)
    for text in (TEXT, "a", "the quick brown fox"):
        ids = tiny.token_ids(text)
        expected = tiny.forward(weights, ids, pooling)
        found = vector_of(model, ids)
        assert found.shape == expected.shape
        assert difference(found, expected) < TOLERANCE


@pytest.mark.parametrize(("write", "pooling"), CASES)
def test_prompts_in_one_batch_do_not_touch_each_other(
    tmp_path: Path, write: Write, pooling: tiny.Pooling
) -> None:
    weights = write(tmp_path / "tiny.gguf", pooling)
    model = embedder(tmp_path / "tiny.gguf", pooling)
    prompts = [tiny.token_ids(text) for text in (TEXT, "b", "大阪", TEXT[:5])]
    for _ in range(2):  # the second time in sequences that others were in
        model.read([Slice(7 - i, 0, ids, len(ids)) for i, ids in enumerate(prompts)])
        for i, ids in enumerate(prompts):
            expected = tiny.forward(weights, ids, pooling)
            assert difference(model.take(7 - i), expected) < TOLERANCE


@pytest.mark.parametrize("pooling", ["mean", "last", "rank"])
@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_a_causal_model_reads_in_pieces(tmp_path: Path, pooling: tiny.Pooling, chunk: int) -> None:
    weights = tiny.causal(tmp_path / "tiny.gguf", pooling)
    model = embedder(tmp_path / "tiny.gguf", pooling, batch=64)
    assert not model.limits.whole
    assert model.limits.prompt == tiny.CONTEXT
    ids = tiny.token_ids("あいうえお" * 13)
    expected = tiny.forward(weights, ids, pooling)
    assert difference(vector_of(model, ids, chunk), expected) < TOLERANCE


def test_a_model_that_sees_all_at_once_takes_what_fits_a_batch(tmp_path: Path) -> None:
    tiny.encoder(tmp_path / "tiny.gguf", "mean")
    model = embedder(tmp_path / "tiny.gguf", "mean", batch=100)
    assert model.limits.whole
    assert model.limits.prompt == 100


def test_a_hybrid_model_reads_in_pieces_too(tmp_path: Path) -> None:
    tiny_hybrid.write(tmp_path / "tiny.gguf")
    model = embedder(tmp_path / "tiny.gguf", "mean", batch=64)
    ids = list(range(4, 124))
    at_once = [vector_of(model, ids, chunk) for chunk in (64, 64, 5)]
    assert np.array_equal(at_once[0], at_once[1])
    assert difference(at_once[2], at_once[0].astype(np.float64)) < TOLERANCE


def test_another_pooling_or_a_token_less_is_far_off(tmp_path: Path) -> None:
    weights = tiny.causal(tmp_path / "tiny.gguf", "last")
    ids = tiny.token_ids(TEXT)
    found = vector_of(embedder(tmp_path / "tiny.gguf", "last"), ids)
    assert difference(found, tiny.forward(weights, ids, "mean")) > 0.1
    assert difference(found, tiny.forward(weights, ids[:-1], "last")) > 0.1


@pytest.mark.weights
@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_sentences_that_mean_the_same_are_nearer(pooling: tiny.Pooling) -> None:
    """Of a model that was made to write code: a weak check that vectors hold meaning."""
    model = embedder(MODELS / "qwen2.5-coder-0.5b.gguf", pooling, batch=64)
    groups = [
        ("会議は明日の午後三時に始まります。", "明日の15時から会議があります。"),
        ("このパソコンは動きません。", "このコンピューターは故障しています。"),
        ("りんごはおいしい果物です。", "林檎という果物は美味しい。"),
    ]
    vectors = [
        [_unit(vector_of(model, model.vocab.tokenize(text, special=False), 64)) for text in group]
        for group in groups
    ]
    centre = np.mean([v for group in vectors for v in group], axis=0)
    near = [(a - centre) @ (b - centre) for a, b in vectors]
    far = [
        (vectors[i][x] - centre) @ (vectors[j][y] - centre)
        for i in range(3)
        for j in range(i)
        for x in range(2)
        for y in range(2)
    ]
    assert min(near) > max(far), (near, far)
    model.close()


def _unit(vector: Vector) -> Vector:
    return vector / np.linalg.norm(vector)
