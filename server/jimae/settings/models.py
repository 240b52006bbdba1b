"""Which models there are, and how they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from jimae.settings.section import Section

# What both [engine] and a [model."ID"] table can say.
Context = Annotated[int, Field(ge=0)]
KvTokens = Annotated[int, Field(ge=256)]
Parallel = Annotated[int, Field(ge=1, le=128)]
Threads = Annotated[int, Field(ge=0)]
Batch = Annotated[int, Field(ge=128, le=4096)]
GpuLayers = Annotated[int, Field(ge=-1)]

Scope = Literal["user", "key", "group", "server"]
KvType = Literal["f16", "q8_0"]


class ModelsSettings(Section):
    """Which models there are."""

    default: str | None = Field(
        None, description="Model id to load at start; unset takes the best one that is there."
    )
    hub: str | None = Field(
        None, description="Base URL of a model hub mirror that `jimae pull` uses."
    )
    ttl_minutes: Annotated[float, Field(ge=0)] = Field(
        0,
        description="Minutes without a request after which a model leaves memory; 0 keeps it "
        "until the memory is needed. The default model stays.",
    )
    import_dir: Path | None = Field(
        None,
        description="Folder from which administrators take models in, in the page; unset is "
        "`import` in the data directory.",
    )


class EngineSettings(Section):
    """How a model runs."""

    context: Context = Field(
        0,
        description="Most tokens (prompt and answer) of one request; "
        "0 takes what the model and kv_tokens allow.",
    )
    kv_tokens: KvTokens = Field(
        32768,
        description="Tokens of context held in memory at once, for all requests together "
        "and for what is kept for reuse.",
    )
    parallel: Parallel = Field(16, description="Most answers that are written at the same time.")
    max_queue: Annotated[int, Field(ge=0)] = Field(
        128, description="Most requests that wait; one more is answered 429."
    )
    target_itl: Annotated[float, Field(gt=0, le=60)] = Field(
        0.8,
        description="Seconds that one step should take at most while somebody is reading "
        "an answer: long prompts are read in chunks that keep to it.",
    )
    reproducible_tokens: Annotated[int, Field(ge=0)] = Field(
        0,
        description="Tokens of context for requests that ask to be reproducible: they run one "
        "at a time in memory of their own. 0 refuses them.",
    )
    embedding_tokens: Annotated[int, Field(ge=0, le=2**20)] = Field(
        2048,
        description="Tokens of text that a model made to write reads at once to turn them into "
        "vectors, in memory that it takes at the first such request; 0 refuses them. Models "
        "made for it go by kv_tokens.",
    )
    kv_type: KvType = Field("f16", description="Number format of the KV cache.")
    threads: Threads = Field(0, description="CPU threads; 0 takes one per physical core.")
    batch: Batch = Field(
        512,
        description="Most tokens of one step: prompts are read in chunks of at most this many "
        "when nobody is reading an answer. `jimae tune` finds what is enough.",
    )
    gpu_layers: GpuLayers = Field(-1, description="Layers to put on a GPU; -1 as many as fit.")
    disk_cache_mb: Annotated[float, Field(ge=0)] = Field(
        1024,
        description="Most MiB per model of conversations' beginnings kept on disk, so that "
        "they need not be read in again after a restart; 0 keeps none. Encrypted with "
        "`audit.encryption_keys`, if that is set.",
    )
    disk_cache_days: Annotated[float, Field(gt=0, le=36500)] = Field(
        7, description="Days after its last use that such a beginning is deleted."
    )
    sharing: Scope = Field(
        "user",
        description="Whose requests may share a prompt's beginning in memory: "
        "the same user's, key's, group's, or everybody's on this server. What stands before "
        "anybody's words, of the model's template and of this server, is shared by all.",
    )


class ModelSettings(Section):
    """How one model runs, where it differs from `[engine]`. In the file only."""

    context: Context | None = Field(None, description="As engine.context.")
    kv_tokens: KvTokens | None = Field(None, description="As engine.kv_tokens.")
    parallel: Parallel | None = Field(None, description="As engine.parallel.")
    kv_type: KvType | None = Field(None, description="As engine.kv_type.")
    threads: Threads | None = Field(None, description="As engine.threads.")
    batch: Batch | None = Field(None, description="As engine.batch.")
    gpu_layers: GpuLayers | None = Field(None, description="As engine.gpu_layers.")
    draft: str | None = Field(
        None,
        description="Id of a draft model: a much smaller one with the same vocabulary, which "
        "guesses ahead in memory of its own and only while that is faster.",
    )
