"""What a worker makes of the first frame: a model, what it says of itself, and the
store in which its prefixes outlive it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from jimae.chat.renderer import TemplateFacts
from jimae.llama.binding import LIBRARY_VERSION, LlamaModel, LoadOptions
from jimae.types import ModelInfo
from jimae.worker import protocol
from jimae.worker.disk_store import DiskStore

log = logging.getLogger("jimae.worker")


def load_model(load: protocol.Load, progress: Callable[[float], None]) -> LlamaModel:
    """Load the weights. `progress` goes from 0 to 1. Raises `model_load_failed`."""
    return LlamaModel(_options(load, n_cells=load.kv_tokens, n_running=load.parallel), progress)


def load_again(load: protocol.Load, model: LlamaModel) -> LlamaModel:
    """A second context on the same weights, for one sequence at a time."""
    cells = min(load.reproducible_tokens, model.context_train)
    return LlamaModel(_options(load, n_cells=cells, n_running=1, n_idle=0), share=model)


def context_of(load: protocol.Load, model: LlamaModel) -> int:
    """Most tokens of one sequence."""
    limit = min(model.context_train, load.kv_tokens)
    return min(load.context, limit) if load.context else limit


def template_facts(load: protocol.Load, model: LlamaModel) -> TemplateFacts:
    vocab = model.vocab
    return TemplateFacts(
        load.model,
        model.template,
        vocab.text(vocab.bos),
        vocab.text(vocab.eos),
        vocab.control_texts,
    )


def describe(load: protocol.Load, model: LlamaModel, seconds: float) -> ModelInfo:
    """What a loaded model says of itself; loading it took `seconds`."""
    source = model.template
    return ModelInfo(
        id=load.model,
        architecture=model.architecture,
        n_vocab=model.vocab.size,
        n_params=model.n_params,
        context_train=model.context_train,
        context=context_of(load, model),
        kv_tokens=load.kv_tokens,
        memory=model.memory,
        has_template=source is not None,
        template_sha256=_sha256(source),
        load_seconds=seconds,
    )


def open_store(load: protocol.Load) -> DiskStore | None:
    """The store of prefixes that the settings name; a log line if it cannot be had."""
    where = load.disk_cache
    if where is None:
        return None
    identity = f"{fingerprint(Path(load.path))} {load.kv_type} {LIBRARY_VERSION}"
    try:
        return DiskStore(
            Path(where.directory), identity, max_bytes=where.max_bytes, max_age=where.max_age
        )
    except OSError as error:
        log.warning("prefixes will not be kept in %s: %s", where.directory, error)
        return None


def fingerprint(path: Path) -> str:
    """Tells a model file from any other: its size, its time, and its first and last MiB."""
    stat = path.stat()
    digest = hashlib.sha256(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    with path.open("rb") as file:
        digest.update(file.read(2**20))
        file.seek(max(0, stat.st_size - 2**20))
        digest.update(file.read(2**20))
    return digest.hexdigest()


def _options(load: protocol.Load, *, n_cells: int, n_running: int, n_idle: int = 48) -> LoadOptions:
    return LoadOptions(
        path=Path(load.path),
        n_cells=n_cells,
        n_running=n_running,
        n_idle=n_idle,
        kv_type=load.kv_type,
        threads=load.threads,
        # A step has room for every answer that is being written.
        n_batch=max(load.batch, load.parallel),
        gpu_layers=load.gpu_layers,
    )


def _sha256(text: str | None) -> str | None:
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
