"""How much of a model goes on a graphics card. None is here: the arithmetic only."""

from __future__ import annotations

from pathlib import Path

from fakes.files import write_gguf
from jimae.catalogue.gguf_header import read_header
from jimae.catalogue.memory import Estimate
from jimae.llama import binding
from jimae.llama.devices import free_gpu_memory, layers_on_gpu


def test_without_a_card_there_is_no_memory_of_one() -> None:
    assert binding.LIBRARY_VERSION
    free = free_gpu_memory()
    assert free is None or free >= 0


def test_layers_share_weights_and_kv_cache_beside_the_buffers(tmp_path: Path) -> None:
    write_gguf(tmp_path / "a.gguf")
    header = read_header(tmp_path / "a.gguf")._replace(block_count=9)
    need = Estimate(weights=800, kv_cache=200, compute=50, process=1000)
    assert layers_on_gpu(header, need, 49) == 0
    assert layers_on_gpu(header, need, 50 + 3 * 100 + 99) == 3
    assert layers_on_gpu(header, need, 50 + 9 * 100) == 9
    assert layers_on_gpu(header, need, 10_000) == 10
