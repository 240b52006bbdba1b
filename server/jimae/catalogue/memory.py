"""How much memory a model needs, and how much this machine has for it.

Of a file, `estimate` says it from the header; docs/memory.md has the formula and
what was measured. Of a model that is only in the catalogue, `needed` says about
as much: weights + KV cache + overhead. The KV cache holds for each token, in each
layer, one key and one value per KV head.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import psutil

from jimae.catalogue import abilities
from jimae.catalogue.entry import Model
from jimae.catalogue.gguf_header import Header
from jimae.settings import EngineSettings, KvType

# What a layer's key or value of one element takes, in bytes.
KV_BYTES: Final[dict[KvType, float]] = {"f16": 2.0, "q8_0": 34 / 32}
# Buffers of the computation and of the vocabulary's logits, and the processes themselves.
OVERHEAD: Final = 512 << 20
# An 8B model with grouped-query attention, for entries that do not say.
USUAL_KV_ELEMENTS: Final = 2 * 32 * 8 * 128
# Kept for the operating system and everything else.
RESERVE: Final = 1 / 8

# Prefixes kept beside the running sequences.
IDLE_SEQUENCES: Final = 48
# The worker and the process of its chat template without a model: Python and the libraries.
PROCESS: Final = 103 << 20
# A token's text, its place in the tables that find it, and its merges.
VOCABULARY_ENTRY: Final = 720

_CGROUP: Final = Path("/sys/fs/cgroup")
_UNLIMITED: Final = 1 << 60


class Estimate(NamedTuple):
    """Bytes of memory of a loaded model, by what they are for."""

    weights: int
    kv_cache: int
    compute: int
    process: int

    @property
    def total(self) -> int:
        return sum(self)


def estimate(header: Header, engine: EngineSettings, draft: Header | None = None) -> Estimate:
    """What a file needs when it runs with these settings, once it has answered; with its `draft`
    model, if it has one, which runs in the same process and holds as many tokens."""
    if draft is not None:
        alone = engine.model_copy(update={"reproducible_tokens": 0})
        both = zip(estimate(header, engine), estimate(draft, alone), strict=True)
        together = Estimate(*(of_model + of_draft for of_model, of_draft in both))
        return together._replace(process=together.process - PROCESS)
    process = PROCESS + header.vocab_size * VOCABULARY_ENTRY
    if not abilities.can_write(header):
        cells, batch = abilities.embedding_room(header, engine)
        bare = embedder_bytes(header, 0, batch, engine.kv_type)
        whole = embedder_bytes(header, cells, batch, engine.kv_type)
        return Estimate(header.tensor_bytes, whole - bare, bare, process)
    embedding = header.embedding_length or 0
    logits = header.vocab_size * 4
    batch = max(engine.batch, engine.parallel)
    # The two halves of a feed-forward layer and the streams around it, of a full batch; the
    # logits of a step take the same place afterwards.
    width = 2 * (header.feed_forward_length or 4 * embedding) + 4 * embedding
    activations = max(batch * width * 4, engine.parallel * logits)
    compute = activations + batch * engine.kv_tokens * 2
    compute += (engine.parallel + IDLE_SEQUENCES) * logits
    exact = engine.reproducible_tokens
    if exact:  # a second context on the same weights, for one sequence
        compute += activations + batch * exact * 2 + logits
    return Estimate(
        weights=header.tensor_bytes,
        kv_cache=int(kv_bytes_of(header, engine.kv_type) * (engine.kv_tokens + exact)),
        compute=compute,
        process=process,
    )


def embedder_bytes(header: Header, cells: int, batch: int, kv_type: KvType) -> int:
    """What a context for vectors takes beside the weights: the KV cache of `cells` tokens, the
    activations of a batch, and of a model that could write its logits, twice."""
    embedding = header.embedding_length or 0
    width = 2 * (header.feed_forward_length or 4 * embedding) + 4 * embedding
    if abilities.is_encoder(header):
        # No cache; the mask of a batch, and its scores.
        return batch * width * 4 + batch * batch * 4
    logits = batch * header.vocab_size * 4 * 2
    return int(kv_bytes_of(header, kv_type) * cells) + batch * width * 4 + logits


def kv_bytes_of(header: Header, kv_type: KvType) -> float:
    """Bytes of KV cache for one token of a file's model; 0 for one without attention, whose
    state does not grow with the text."""
    heads, total = header.head_count, header.kv_heads
    if not heads or total is None:
        return 0.0
    usual = (header.embedding_length or 0) // heads
    each = (header.key_length or usual) + (header.value_length or header.key_length or usual)
    return total * each * KV_BYTES[kv_type]


def tokens_that_fit(
    header: Header, engine: EngineSettings, memory: int, draft: Header | None = None
) -> int:
    """The largest `kv_tokens`, in whole thousands (1024), with which a file runs in `memory`
    bytes, together with its `draft` model if it has one; 0 if not even 1024."""
    bare = estimate(header, engine.model_copy(update={"kv_tokens": 0}), draft).total
    models = [header] if draft is None else [header, draft]
    per_token = sum(
        kv_bytes_of(each, engine.kv_type) + max(engine.batch, engine.parallel) * 2
        for each in models
    )
    return max(0, int((memory - bare) / per_token) // 1024 * 1024)


def layers_that_fit(layers: int, layer_bytes: int, fixed: int, memory: int) -> int:
    """How many layers of `layer_bytes` (weights and KV cache) a GPU holds beside `fixed` bytes
    of buffers when `memory` is free on it; one more than `layers` where the output fits too."""
    return max(0, min(layers + 1, (memory - fixed) // max(1, layer_bytes)))


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


def free() -> int:
    """Bytes that a model may take of what nobody uses now, on this machine and in its groups."""
    limit = cgroup_limit()
    unused = psutil.virtual_memory().available
    if limit < _UNLIMITED:
        unused = min(unused, limit - cgroup_used())
    return int(unused - min(psutil.virtual_memory().total, limit) * RESERVE)


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


def cgroup_used(root: Path = _CGROUP) -> int:
    """Bytes that the container's own group holds and could not give back: no file pages."""
    for path, key in (
        (root / "memory.stat", "anon"),
        (root / "memory" / "memory.stat", "total_rss"),
    ):
        try:
            lines = path.read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            name, _, number = line.partition(" ")
            if name == key:
                return int(number)
    return 0


def _read_limit(path: Path) -> int:
    try:
        text = path.read_text().strip()
    except OSError:
        return _UNLIMITED
    return int(text) if text.isdigit() else _UNLIMITED
