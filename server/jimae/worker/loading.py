"""What a worker makes of the first frame: a model, what it says of itself, and the
store in which its prefixes outlive it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from jimae.catalogue.abilities import can_write, embedding_room
from jimae.catalogue.gguf_header import Header, read_header
from jimae.chat.parsers.base import Family
from jimae.chat.renderer import TemplateFacts
from jimae.errors import JimaeError
from jimae.llama.binding import LIBRARY_VERSION, LlamaModel, LoadOptions
from jimae.llama.weights import LlamaWeights
from jimae.types import Capability, ModelInfo
from jimae.worker import protocol
from jimae.worker.disk_store import DiskStore

log = logging.getLogger("jimae.worker")


def load_model(
    load: protocol.Load, header: Header, progress: Callable[[float], None]
) -> LlamaWeights:
    """Load the weights, with a context if the model writes. `progress` goes from 0 to 1.
    Raises `model_load_failed`."""
    options = _options(load, n_cells=load.kv_tokens, n_running=load.parallel)
    kind = LlamaModel if can_write(header) else LlamaWeights
    return kind(options, progress)


def load_draft(load: protocol.Load) -> LlamaModel | None:
    """The model that guesses ahead, if there is to be one, with a context of as many cells.
    Raises `gguf_invalid`, `model_load_failed`, `draft_unfit`."""
    if load.draft is None:
        return None
    path = Path(load.draft)
    read_header(path)
    options = _options(load, n_cells=load.kv_tokens, n_running=load.parallel)
    draft = LlamaModel(replace(options, path=path))
    check_memory(load, draft)
    return draft


def check_memory(load: protocol.Load, model: LlamaWeights) -> None:
    """Raise `draft_unfit` if there is a draft model and this one could not take guesses back."""
    if load.draft is not None and model.memory == "recurrent":
        raise JimaeError("draft_unfit", model=load.model, draft=Path(load.draft).stem)


def load_again(load: protocol.Load, model: LlamaWeights) -> LlamaModel:
    """A second context on the same weights, for one sequence at a time."""
    cells = min(load.reproducible_tokens, model.context_train)
    return LlamaModel(_options(load, n_cells=cells, n_running=1, n_idle=0), share=model)


def context_of(load: protocol.Load, header: Header, model: LlamaWeights) -> int:
    """Most tokens of one sequence."""
    if not can_write(header):
        return min(model.context_train, embedding_room(header, load)[0])
    limit = min(model.context_train, load.kv_tokens)
    return min(load.context, limit) if load.context else limit


def template_facts(load: protocol.Load, model: LlamaWeights, family: Family) -> TemplateFacts:
    vocab = model.vocab
    return TemplateFacts(
        load.model,
        model.template,
        vocab.text(vocab.bos),
        vocab.text(vocab.eos),
        vocab.control_texts,
        family.fit_id,
    )


def describe(
    load: protocol.Load,
    header: Header,
    model: LlamaWeights,
    family: Family,
    seconds: float,
    vectors: tuple[Capability, ...],
) -> ModelInfo:
    """What a loaded model says of itself; loading it took `seconds`, and `vectors` are its
    capabilities beside writing."""
    source = model.template
    return ModelInfo(
        id=load.model,
        architecture=model.architecture,
        n_vocab=model.vocab.size,
        n_params=model.n_params,
        context_train=model.context_train,
        context=context_of(load, header, model),
        kv_tokens=load.kv_tokens,
        memory=model.memory,
        has_template=source is not None,
        template_sha256=_sha256(source),
        template=source,
        bos=model.vocab.text(model.vocab.bos) or None,
        eos=model.vocab.text(model.vocab.eos) or None,
        capabilities=(*(_writing(model, family) if can_write(header) else ()), *vectors),
        parser=family.name,
        embedding_size=model.embedding_size if "embeddings" in vectors else 0,
        load_seconds=seconds,
    )


def _writing(model: LlamaWeights, family: Family) -> Iterator[Capability]:
    """What a model can be asked to write."""
    yield "completions"
    if (template := model.template) is not None:
        yield from ("chat", "tools")
        if family.reasoning is not None and family.reasoning[0] in template:
            yield "reasoning"
    if model.vocab.infill is not None:
        yield "infill"


def open_store(load: protocol.Load) -> DiskStore | None:
    """The store of prefixes that the settings name; a log line if it cannot be had."""
    where = load.disk_cache
    if where is None:
        return None
    identity = f"{fingerprint(Path(load.path))} {load.kv_type} {LIBRARY_VERSION}"
    try:
        return DiskStore(
            Path(where.directory),
            identity,
            max_bytes=where.max_bytes,
            max_age=where.max_age,
            key=where.key,
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
