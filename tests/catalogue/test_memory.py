"""The estimate of memory, and the limits of containers."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from jimae.catalogue import memory, registry
from jimae.catalogue.gguf_header import Header
from jimae.settings import EngineSettings

SHIPPED = registry.load()


def test_weights_kv_cache_and_overhead() -> None:
    entry = SHIPPED.get("qwen2.5-coder-1.5b")
    bare = memory.needed(entry, 0)
    assert bare == entry.size + memory.OVERHEAD
    assert memory.needed(entry, 1000) - bare == 1000 * 28 * 1024
    assert memory.needed(entry, 1000, "q8_0") - bare == 1000 * 28 * 1024 * 34 // 64


def test_fits() -> None:
    entry = SHIPPED.get("qwen2.5-coder-1.5b")
    need = memory.needed(entry, 32768)
    assert memory.fits(entry, 32768, memory=need)
    assert not memory.fits(entry, 32768, memory=need - 1)


def test_an_embedding_model_needs_no_more_than_its_context() -> None:
    entry = SHIPPED.get("embeddinggemma-300m")
    assert memory.needed(entry, 1 << 20) == memory.needed(entry, entry.context)


def test_this_machine() -> None:
    total = psutil.virtual_memory().total
    assert 0 < memory.available() <= total * 7 / 8


@pytest.mark.parametrize(
    ("files", "membership", "limit"),
    [
        ({"memory.max": "1000"}, "0::/", 1000),
        ({"memory.max": "max"}, "0::/", 1 << 60),
        ({"a/memory.max": "3000", "a/b/memory.max": "max"}, "0::/a/b", 3000),
        ({"a/memory.max": "3000", "a/b/memory.max": "2000"}, "0::/a/b", 2000),
        ({"memory/x/memory.limit_in_bytes": "4000"}, "5:cpu,memory:/x\n1:name=systemd:/", 4000),
        # In a container whose own path is not to be seen.
        ({"memory.max": "5000"}, "0::/docker/abc", 5000),
        ({}, "0::/../../x", 1 << 60),
        ({}, "", 1 << 60),
    ],
)
def test_control_groups(tmp_path: Path, files: dict[str, str], membership: str, limit: int) -> None:
    for name, text in files.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    member = tmp_path / "member"
    member.write_text(membership)
    assert memory.cgroup_limit(tmp_path / "cgroup", member) == limit


def test_without_control_groups(tmp_path: Path) -> None:
    assert memory.cgroup_limit(tmp_path, tmp_path / "none") == 1 << 60


QWEN = Header(
    version=3,
    architecture="qwen2",
    name=None,
    file_type=15,
    context_length=32768,
    block_count=28,
    embedding_length=1536,
    head_count=12,
    head_count_kv=2,
    key_length=None,
    value_length=None,
    feed_forward_length=8960,
    kv_heads=56,
    pooling_type=None,
    vocab_size=151936,
    chat_template=None,
    tensor_count=339,
    tensor_bytes=1_111_370_240,
    data_offset=0,
)


@pytest.mark.parametrize(
    ("kv_tokens", "kv_type", "measured"),
    [(4096, "f16", 1380), (4096, "q8_0", 1326), (32768, "f16", 2164), (32768, "q8_0", 1744)],
)
def test_the_estimate_is_what_was_measured(kv_tokens: int, kv_type: str, measured: int) -> None:
    engine = EngineSettings.model_validate({"kv_tokens": kv_tokens, "kv_type": kv_type})
    found = memory.estimate(QWEN, engine)
    assert found.total / 2**20 == pytest.approx(measured, rel=0.1)


def test_buffers_grow_with_the_batch() -> None:
    small, large = (
        memory.estimate(QWEN, EngineSettings(batch=batch, kv_tokens=4096)) for batch in (512, 1024)
    )
    # Activations of 24,064 numbers of 4 bytes a token, and 2 bytes of mask for each cell.
    assert large.compute - small.compute == 512 * (24_064 * 4 + 4096 * 2)


def test_reproducible_requests_have_a_context_of_their_own() -> None:
    without, with_it = (
        memory.estimate(QWEN, EngineSettings(reproducible_tokens=tokens)) for tokens in (0, 4096)
    )
    assert with_it.kv_cache - without.kv_cache == 4096 * 28 * 2 * 2 * 128 * 2
    assert with_it.compute > without.compute


def test_keys_and_values_can_have_widths_of_their_own() -> None:
    # 28 layers of 2 heads, 128 elements of 2 bytes, a key and a value.
    assert memory.kv_bytes_of(QWEN, "f16") == 28 * 2 * 2 * 128 * 2
    wide = QWEN._replace(key_length=256)
    assert memory.kv_bytes_of(wide, "f16") == 2 * memory.kv_bytes_of(QWEN, "f16")
    assert memory.kv_bytes_of(wide._replace(value_length=128), "q8_0") == 56 * (256 + 128) * 34 / 32
    assert memory.kv_bytes_of(QWEN._replace(kv_heads=None), "f16") == 0


@pytest.mark.parametrize("kv_type", ["f16", "q8_0"])
def test_the_tokens_that_fit_do_and_more_do_not(kv_type: str) -> None:
    engine = EngineSettings.model_validate({"kv_type": kv_type})
    room = 2 << 30
    tokens = memory.tokens_that_fit(QWEN, engine, room)
    assert tokens % 1024 == 0
    needs = [
        memory.estimate(QWEN, engine.model_copy(update={"kv_tokens": count})).total
        for count in (tokens, tokens + 1024)
    ]
    assert needs[0] <= room < needs[1]
    assert memory.tokens_that_fit(QWEN, engine, 1 << 30) == 0


def test_layers_on_a_gpu() -> None:
    assert memory.layers_that_fit(28, 40, 100, 99) == 0
    assert memory.layers_that_fit(28, 40, 100, 179) == 1
    assert memory.layers_that_fit(28, 40, 100, 180) == 2
    assert memory.layers_that_fit(28, 40, 100, 1 << 30) == 29


def test_what_is_free_is_less_than_what_nobody_uses() -> None:
    assert memory.free() < psutil.virtual_memory().available


@pytest.mark.parametrize(
    ("files", "used"),
    [
        ({"memory.stat": "file 900\nanon 100\n"}, 100),
        ({"memory/memory.stat": "cache 900\ntotal_rss 200\n"}, 200),
        ({}, 0),
    ],
)
def test_what_the_group_uses(tmp_path: Path, files: dict[str, str], used: int) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert memory.cgroup_used(tmp_path) == used


def test_an_encoder_keeps_no_cache_and_an_embedder_is_cut_to_what_it_can_read() -> None:
    engine = EngineSettings(kv_tokens=32768)
    writes = memory.estimate(QWEN, engine)
    embeds = memory.estimate(QWEN._replace(pooling_type=3), engine)
    assert embeds.kv_cache == writes.kv_cache
    assert embeds.total < writes.total
    short = memory.estimate(QWEN._replace(pooling_type=3, context_length=512), engine)
    assert short.kv_cache == embeds.kv_cache // 64
    encoder = memory.estimate(QWEN._replace(architecture="bert", context_length=512), engine)
    assert encoder.kv_cache == 0


def test_a_second_context_for_vectors_grows_with_its_tokens() -> None:
    none, some = (memory.embedder_bytes(QWEN, cells, 64, "f16") for cells in (0, 2048))
    assert some - none == 2048 * memory.kv_bytes_of(QWEN, "f16")
    assert some == pytest.approx(150 << 20, rel=0.1)
