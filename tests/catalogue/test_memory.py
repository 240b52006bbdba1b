"""The estimate of memory, and the limits of containers."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from jimae.catalogue import memory, registry

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
