"""The weights of a model and its vocabulary: what every context on them shares."""

from __future__ import annotations

import ctypes
import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import llama_cpp as native

from jimae.catalogue import memory
from jimae.catalogue.gguf_header import read_header
from jimae.errors import JimaeError
from jimae.llama.devices import free_gpu_memory, layers_on_gpu
from jimae.llama.model import Infill, MemoryKind
from jimae.llama.turn import Turn
from jimae.settings import EngineSettings

log = logging.getLogger(__name__)

LIBRARY_VERSION: str = native.__version__


@dataclass(frozen=True)
class LoadOptions:
    """How to load a model.

    `n_cells` counts tokens of KV cache, `n_running` and `n_idle` sequences that
    run and that are kept for reuse. `threads` 0 means one per core.
    """

    path: Path
    n_cells: int
    n_running: int
    n_idle: int = 48
    n_batch: int = 512
    n_outputs: int = 128
    kv_type: str = "f16"
    threads: int = 0
    gpu_layers: int = -1


class LlamaVocab:
    """The vocabulary of a model. See `model.Vocab`."""

    def __init__(self, model: native.llama_model_p) -> None:
        self._vocab = native.llama_model_get_vocab(model)
        self.size: int = native.llama_vocab_n_tokens(self._vocab)
        bos = native.llama_vocab_bos(self._vocab)
        self.bos: int | None = bos if bos >= 0 else None
        eos = native.llama_vocab_eos(self._vocab)
        self.eos: int | None = eos if eos >= 0 else None
        sep = native.llama_vocab_sep(self._vocab)
        self.sep: int | None = sep if sep >= 0 else None
        self.adds_bos: bool = native.llama_vocab_get_add_bos(self._vocab)
        self.adds_eos: bool = native.llama_vocab_get_add_eos(self._vocab)
        self.adds_sep: bool = native.llama_vocab_get_add_sep(self._vocab)
        self.infill = self._infill()
        tokens = range(self.size)
        self.end_tokens = frozenset(t for t in tokens if native.llama_vocab_is_eog(self._vocab, t))
        self._control = frozenset(
            t for t in tokens if native.llama_vocab_is_control(self._vocab, t)
        )
        self.silent_tokens = self._control | self.end_tokens
        self.control_texts = tuple(
            text
            for token in sorted(self._control)
            if (text := self._piece(token).decode("utf-8", "replace"))
        )
        self.piece = functools.lru_cache(maxsize=65536)(self._piece_of)

    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]:
        data = text.encode("utf-8")
        size = len(data) + 16
        while True:
            buffer = (native.llama_token * size)()
            n = native.llama_tokenize(self._vocab, data, len(data), buffer, size, add_bos, special)
            if n >= 0:
                return list(buffer[:n])
            size = -n

    def _infill(self) -> Infill | None:
        marks = Infill(
            native.llama_vocab_fim_pre(self._vocab),
            native.llama_vocab_fim_suf(self._vocab),
            native.llama_vocab_fim_mid(self._vocab),
        )
        return marks if min(marks) >= 0 else None

    def text(self, token: int | None) -> str:
        return "" if token is None else self._piece(token).decode("utf-8", "replace")

    def _piece_of(self, token: int, *, special: bool = False) -> bytes:
        if not special and token in self.silent_tokens:
            return b""
        return self._piece(token)

    def _piece(self, token: int) -> bytes:
        if not 0 <= token < self.size:
            raise ValueError(f"token {token} is outside the vocabulary of {self.size}")
        for size in (64, 4096):
            buffer = ctypes.create_string_buffer(size)
            n = native.llama_token_to_piece(self._vocab, token, buffer, size, 0, True)
            if n >= 0:
                return buffer.raw[:n]
        raise ValueError(f"token {token} has a text of more than 4096 bytes")


class LlamaWeights:
    """A model file in memory: its own, or that of another context, which has to outlive this.

    Contexts that share weights decode in turn, whatever thread they are on.
    """

    def __init__(
        self,
        options: LoadOptions,
        progress: Callable[[float], None] | None = None,
        *,
        share: LlamaWeights | None = None,
    ) -> None:
        """Load the file, or use the weights of `share`."""
        _initialise()
        self._owner = share is None
        if share is None:
            self._turn = Turn()
            self._model = _load(options, progress)
            self.vocab = LlamaVocab(self._model)
        else:
            self._turn, self._model, self.vocab = share._turn, share._model, share.vocab

    @property
    def memory(self) -> MemoryKind:
        if native.llama_model_is_recurrent(self._model) or native.llama_model_is_hybrid(
            self._model
        ):
            return "recurrent"
        return "window" if native.llama_model_n_swa(self._model) > 0 else "attention"

    @property
    def architecture(self) -> str:
        return self.metadata("general.architecture") or "unknown"

    @property
    def context_train(self) -> int:
        """The longest sequence the model was trained for, in tokens."""
        return int(native.llama_model_n_ctx_train(self._model))

    @property
    def n_params(self) -> int:
        return int(native.llama_model_n_params(self._model))

    @property
    def embedding_size(self) -> int:
        """Numbers of a vector."""
        return int(native.llama_model_n_embd_out(self._model))

    @property
    def n_classes(self) -> int:
        """Numbers of a classifier, if the model has one."""
        return int(native.llama_model_n_cls_out(self._model))

    @property
    def template(self) -> str | None:
        """The chat template in the file, as Jinja source."""
        return self._template(None)

    @property
    def rerank_template(self) -> str | None:
        """How a reranker wants its pairs: a text with `{query}` and `{document}` in it."""
        return self._template(b"rerank")

    def _template(self, name: bytes | None) -> str | None:
        found = native.llama_model_chat_template(self._model, name)
        return found.decode("utf-8", "replace") if found else None

    def metadata(self, key: str) -> str | None:
        buffer = ctypes.create_string_buffer(4096)
        n = native.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if n >= 0 else None

    def close(self) -> None:
        """Free what is its own; no other context may be left on these weights."""
        if self._owner:
            native.llama_model_free(self._model)


@functools.cache
def _initialise() -> None:
    native.llama_log_set(_log_callback, ctypes.c_void_p(0))
    native.llama_backend_init()


def _load(options: LoadOptions, progress: Callable[[float], None] | None) -> native.llama_model_p:
    params = native.llama_model_default_params()
    params.n_gpu_layers = _gpu_layers(options)
    # Read, not mapped: many weights are kept in an order of their own, and of a mapped file the
    # pages stay resident beside that copy. qwen2.5-coder-1.5b with 4,096 cells took 1,941 MiB
    # mapped and takes 1,380 MiB read; a load from the page cache, 2.2 s and 3.0 s (memory.md).
    params.load_mode = native.LLAMA_LOAD_MODE_NONE
    report = native.llama_progress_callback(
        lambda done, _: (progress(done) if progress else None, True)[1]
    )
    params.progress_callback = report
    model = native.llama_model_load_from_file(str(options.path).encode(), params)
    if not model:
        raise JimaeError(
            "model_load_failed",
            model=options.path.stem,
            reason="llama.cpp refused the file; the lines above in the log say why",
        )
    return model


def _gpu_layers(options: LoadOptions) -> int:
    """As many as asked for; for -1, as many as fit where there is a card."""
    free = free_gpu_memory()
    if options.gpu_layers >= 0 or free is None:
        return options.gpu_layers
    header = read_header(options.path)
    engine = EngineSettings.model_validate(
        {"kv_tokens": options.n_cells, "kv_type": options.kv_type, "parallel": options.n_running}
    )
    return layers_on_gpu(header, memory.estimate(header, engine), free)


# Warnings that tell whoever runs the server nothing: a context of less than the model was
# trained for is what was asked for, and so is how tokens are marked in the file.
_HARMLESS = (
    "the full capacity of the model will not be utilized",
    "control-looking token",
    "special_eos_id is not in special_eog_ids",
    # So is how vectors are made of a model that was not made for them.
    "model default pooling_type is",
    # A step that was broken off, as when its reader left: GGML_STATUS_ABORTED, and what follows.
    "graph_compute_async failed with error 1",
    "failed to compute graph, compute status: 1",
    "removing memory module entries for seq_id",
    "failed to decode, ret = 2",
)
_LEVELS = {1: logging.DEBUG, 2: logging.DEBUG, 3: logging.WARNING, 4: logging.ERROR}


@native.llama_log_callback  # type: ignore[untyped-decorator]
def _log_callback(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    message = text.decode("utf-8", "replace").rstrip()
    if message.strip("."):
        harmless = any(words in message for words in _HARMLESS)
        log.log(logging.DEBUG if harmless else _LEVELS.get(level, logging.DEBUG), "%s", message)
