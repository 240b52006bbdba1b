"""What a file can be asked for, from its header alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import tiny_embedding as tiny
from jimae.catalogue import abilities
from jimae.catalogue.gguf_header import Header, read_header
from jimae.settings import EngineSettings


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Header:
    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    tiny.causal(path, None)
    return read_header(path)


@pytest.mark.parametrize(
    ("architecture", "pooling_type", "pooling", "writes", "embeds", "reranks"),
    [
        ("qwen3", None, None, True, True, False),
        ("qwen3", 0, None, True, True, False),
        ("qwen3", 1, "mean", False, True, False),
        ("qwen3", 3, "last", False, True, False),
        ("qwen3", 4, "rank", False, False, True),
        ("qwen3", 99, None, True, True, False),
        ("bert", 2, "cls", False, True, False),
        ("bert", None, "mean", False, True, False),
        ("bert", 4, "rank", False, False, True),
    ],
)
def test_abilities(
    writer: Header,
    architecture: str,
    pooling_type: int | None,
    pooling: str | None,
    writes: bool,
    embeds: bool,
    reranks: bool,
) -> None:
    header = writer._replace(architecture=architecture, pooling_type=pooling_type)
    assert abilities.own_pooling(header) == pooling
    assert abilities.can_write(header) == writes
    assert abilities.can_embed(header, beside_writing=True) == embeds
    assert abilities.can_embed(header, beside_writing=False) == (embeds and not writes)
    assert abilities.can_rerank(header) == reranks


def test_room_for_prompts(writer: Header) -> None:
    engine = EngineSettings(kv_tokens=8192, batch=512)
    long = writer._replace(context_length=32768)
    assert abilities.embedding_room(long, engine) == (2048, 64)
    assert abilities.embedding_room(long._replace(pooling_type=3), engine) == (8192, 64)
    assert abilities.embedding_room(writer, engine) == (tiny.CONTEXT, 64)
    encoder = long._replace(architecture="bert")
    assert abilities.embedding_room(encoder, engine) == (2048, 2048)
    assert abilities.embedding_room(encoder._replace(context_length=512), engine) == (512, 512)
    larger = engine.model_copy(update={"batch": 4096, "context": 3000})
    assert abilities.embedding_room(encoder, larger) == (3000, 3000)


@given(st.floats(-1e6, 1e6))
def test_a_score_is_a_probability(score: float) -> None:
    found = abilities.relevance(score, "bert")
    assert 0 <= found <= 1
    assert found == pytest.approx(1 - abilities.relevance(-score, "bert"), abs=1e-12)


def test_a_score_that_is_one_already_stays() -> None:
    assert abilities.relevance(0.25, "qwen3") == 0.25
    assert abilities.relevance(0.0, "bert") == 0.5
    assert abilities.relevance(2.0, "bert") == pytest.approx(1 / (1 + math.exp(-2)))
