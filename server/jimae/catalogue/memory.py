"""How much memory a model needs, and how much this machine has for it.

need = weights + KV cache + overhead, where the KV cache holds for each token, in
each layer, one key and one value per KV head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

from jimae.catalogue.entry import Model
from jimae.settings import KvType

# What a layer's key or value of one element takes, in bytes.
KV_BYTES: Final[dict[KvType, float]] = {"f16": 2.0, "q8_0": 34 / 32}
# Buffers of the computation and of the vocabulary's logits, and the processes themselves.
OVERHEAD: Final = 512 << 20
# An 8B model with grouped-query attention, for entries that do not say.
USUAL_KV_ELEMENTS: Final = 2 * 32 * 8 * 128
# Kept for the operating system and everything else.
RESERVE: Final = 1 / 8

_CGROUP: Final = Path("/sys/fs/cgroup")
_UNLIMITED: Final = 1 << 60


def kv_bytes_per_token(model: Model, kv_type: KvType = "f16") -> float:
    """Bytes of KV cache for one token."""
    shape = model.architecture
    elements = 2 * shape.layers * shape.kv_heads * shape.head_dim if shape else USUAL_KV_ELEMENTS
    return elements * KV_BYTES[kv_type]


def needed(model: Model, kv_tokens: int, kv_type: KvType = "f16") -> int:
    """Bytes of memory to run the model with a KV cache of `kv_tokens`."""
    tokens = kv_tokens if model.kind != "embedding" else min(kv_tokens, model.context)
    return model.size + int(kv_bytes_per_token(model, kv_type) * tokens) + OVERHEAD


def available() -> int:
    """Bytes of memory that a model may take on this machine or in this container."""
    limit = min(psutil.virtual_memory().total, cgroup_limit())
    return int(limit * (1 - RESERVE))


def fits(model: Model, kv_tokens: int, kv_type: KvType = "f16", memory: int | None = None) -> bool:
    """Whether the model runs in `memory` bytes (this machine's, if not given)."""
    return needed(model, kv_tokens, kv_type) <= (available() if memory is None else memory)


def cgroup_limit(root: Path = _CGROUP, membership: Path = Path("/proc/self/cgroup")) -> int:
    """The least memory limit, in bytes, of the control groups this process is in
    (version 2 with its parents, or version 1); a very large number if there is none."""
    limits = [_UNLIMITED]
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return _UNLIMITED
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            folder = root / path.lstrip("/")
            # In a container the path can be one that only the host sees; then the
            # root is the container's own group.
            for group in (root, folder, *folder.parents):
                if group == root or root in group.parents:
                    limits.append(_read_limit(group / "memory.max"))
        elif "memory" in controllers.split(","):
            below = root / "memory"
            for group in (below, below / path.lstrip("/")):
                limits.append(_read_limit(group / "memory.limit_in_bytes"))
    return min(limits)


def _read_limit(path: Path) -> int:
    try:
        text = path.read_text().strip()
    except OSError:
        return _UNLIMITED
    return int(text) if text.isdigit() else _UNLIMITED
