"""llama.cpp through llama-cpp-python's low-level binding.

Arguments are validated here: a wrong sequence id, an oversized batch or a
token outside the vocabulary would end the process inside native code.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jimae.catalogue import memory
from jimae.catalogue.gguf_header import read_header
from jimae.errors import JimaeError
from jimae.llama.devices import free_gpu_memory, layers_on_gpu
from jimae.llama.model import DecodeAbortedError, Logits, MemoryKind, NoRoomError, Slice
from jimae.process import physical_cores
from jimae.settings import EngineSettings

# ggml starts a debugger on itself when it aborts unless told not to.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")

import llama_cpp as native

log = logging.getLogger(__name__)

LIBRARY_VERSION: str = native.__version__
MAX_SEQ = 256
KV_TYPES = {"f16": native.GGML_TYPE_F16, "q8_0": native.GGML_TYPE_Q8_0}


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
        self.adds_bos: bool = native.llama_vocab_get_add_bos(self._vocab)
        tokens = range(self.size)
        self.end_tokens = frozenset(t for t in tokens if native.llama_vocab_is_eog(self._vocab, t))
        self._control = frozenset(
            t for t in tokens if native.llama_vocab_is_control(self._vocab, t)
        )
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

    def text(self, token: int | None) -> str:
        return "" if token is None else self._piece(token).decode("utf-8", "replace")

    def _piece_of(self, token: int, *, special: bool = False) -> bytes:
        if not special and (token in self._control or token in self.end_tokens):
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


class LlamaModel:
    """A loaded model with one context. See `model.Model`."""

    def __init__(
        self,
        options: LoadOptions,
        progress: Callable[[float], None] | None = None,
        *,
        share: LlamaModel | None = None,
    ) -> None:
        """Load the file, or make another context on the weights of `share`.

        Contexts that share weights decode in turn, whatever thread they are on.
        """
        _initialise()
        self._owner = share is None
        if share is None:
            self._turn = threading.Lock()
            self._model = _load(options, progress)
            self.vocab = LlamaVocab(self._model)
        else:
            self._turn, self._model, self.vocab = share._turn, share._model, share.vocab
        self.n_cells = options.n_cells
        self.memory: MemoryKind = self._memory_kind()
        # A recurrent state costs memory for every sequence id, used or not.
        idle = options.n_idle if self.memory != "recurrent" else options.n_running // 2
        self.n_seq = min(options.n_running + idle, MAX_SEQ)
        self.n_batch = options.n_batch
        self.n_outputs = max(options.n_outputs, self.n_seq)
        self._aborting = False
        self._on_abort = native.ggml_abort_callback(lambda _: self._aborting)
        self._context = self._new_context(options)
        self._kv = native.llama_get_memory(self._context)
        self._batch = _Batch(options.n_batch)

    # --- what the file says ------------------------------------------------------

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
    def template(self) -> str | None:
        """The chat template in the file, as Jinja source."""
        found = native.llama_model_chat_template(self._model, None)
        return found.decode("utf-8", "replace") if found else None

    def metadata(self, key: str) -> str | None:
        buffer = ctypes.create_string_buffer(4096)
        n = native.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if n >= 0 else None

    # --- running -----------------------------------------------------------------

    def decode(self, batch: Sequence[Slice]) -> list[Logits]:
        rows = self._batch.fill(batch, self.n_seq, self.vocab.size)
        if len(rows) > self.n_outputs:
            raise ValueError(f"{len(rows)} outputs in a batch; at most {self.n_outputs}")
        with self._turn:
            self._aborting = False
            status = native.llama_decode(self._context, self._batch.native)
        if status != 0:
            for part in batch:
                self.seq_remove(part.seq_id, part.start)
            if status == 1:
                raise NoRoomError
            if status == 2:
                raise DecodeAbortedError
            raise JimaeError("decode_failed", status=status)
        return [self._logits(row) for row in rows]

    def abort(self) -> None:
        self._aborting = True

    def seq_copy(self, source: int, target: int, start: int, end: int) -> None:
        self._check(source, target)
        native.llama_memory_seq_cp(self._kv, source, target, start, end)

    def seq_remove(self, seq_id: int, start: int, end: int | None = None) -> None:
        self._check(seq_id)
        stop = -1 if end is None else end
        if not native.llama_memory_seq_rm(self._kv, seq_id, start, stop):
            raise ValueError(f"this model's memory cannot be cut at {start}")

    def seq_save(self, seq_id: int) -> bytes:
        self._check(seq_id)
        size = native.llama_state_seq_get_size(self._context, seq_id)
        buffer = (ctypes.c_uint8 * size)()
        written = native.llama_state_seq_get_data(self._context, buffer, size, seq_id)
        return bytes(memoryview(buffer)[:written])

    def seq_load(self, seq_id: int, data: bytes) -> bool:
        self._check(seq_id)
        buffer = (ctypes.c_uint8 * len(data)).from_buffer_copy(data)
        read = native.llama_state_seq_set_data(self._context, buffer, len(data), seq_id)
        if read != len(data):
            self.seq_remove(seq_id, 0)
            return False
        return True

    def close(self) -> None:
        self._batch.free()
        native.llama_free(self._context)
        if self._owner:
            native.llama_model_free(self._model)

    def _check(self, *seq_ids: int) -> None:
        for seq_id in seq_ids:
            if not 0 <= seq_id < self.n_seq:
                raise ValueError(f"sequence id {seq_id} is not in 0..{self.n_seq - 1}")

    def _logits(self, row: int) -> Logits:
        pointer = native.llama_get_logits_ith(self._context, row)
        if not pointer:
            raise JimaeError("decode_failed", status=0)
        return np.ctypeslib.as_array(pointer, shape=(self.vocab.size,))

    def _memory_kind(self) -> MemoryKind:
        if native.llama_model_is_recurrent(self._model) or native.llama_model_is_hybrid(
            self._model
        ):
            return "recurrent"
        return "window" if native.llama_model_n_swa(self._model) > 0 else "attention"

    def _new_context(self, options: LoadOptions) -> native.llama_context_p:
        threads = options.threads or physical_cores()
        params = native.llama_context_default_params()
        params.n_ctx = options.n_cells
        params.n_batch = options.n_batch
        params.n_ubatch = options.n_batch
        params.n_seq_max = self.n_seq
        params.n_outputs_max = self.n_outputs
        params.n_threads = threads
        params.n_threads_batch = threads
        params.type_k = params.type_v = KV_TYPES[options.kv_type]
        params.kv_unified = True
        # A window cache of full size can be shared and cut like any other.
        params.swa_full = True
        params.no_perf = True
        params.abort_callback = self._on_abort
        context = native.llama_init_from_model(self._model, params)
        if not context:
            raise JimaeError(
                "model_load_failed",
                model=options.path.stem,
                reason=f"no context of {options.n_cells} tokens could be made (memory?)",
            )
        return context


class _Batch:
    """A `llama_batch` whose arrays are written through NumPy views."""

    def __init__(self, size: int) -> None:
        self.native = native.llama_batch_init(size, 0, 1)
        self._size = size
        self._token = np.ctypeslib.as_array(self.native.token, (size,))
        self._pos = np.ctypeslib.as_array(self.native.pos, (size,))
        self._logits = np.ctypeslib.as_array(self.native.logits, (size,))
        np.ctypeslib.as_array(self.native.n_seq_id, (size,))[:] = 1

    def fill(self, batch: Sequence[Slice], n_seq: int, n_vocab: int) -> list[int]:
        """Write the batch; return the rows whose logits are wanted."""
        total = sum(len(part.tokens) for part in batch)
        if not 0 < total <= self._size:
            raise ValueError(f"a batch of {total} tokens; at most {self._size}")
        row = 0
        outputs: list[int] = []
        for part in batch:
            end = row + len(part.tokens)
            if not 0 <= part.seq_id < n_seq:
                raise ValueError(f"sequence id {part.seq_id} is not in 0..{n_seq - 1}")
            tokens = np.asarray(part.tokens, dtype=np.int64)
            if tokens.min() < 0 or tokens.max() >= n_vocab:
                raise ValueError(f"a token is outside the vocabulary of {n_vocab}")
            self._token[row:end] = tokens
            self._pos[row:end] = np.arange(part.start, part.start + len(part.tokens))
            for index in range(row, end):
                self.native.seq_id[index][0] = part.seq_id
            self._logits[row:end] = 0
            wanted = range(end - part.outputs, end)
            self._logits[wanted.start : end] = 1
            outputs += wanted
            row = end
        self.native.n_tokens = total
        return outputs

    def free(self) -> None:
        native.llama_batch_free(self.native)


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


_LEVELS = {1: logging.DEBUG, 2: logging.DEBUG, 3: logging.WARNING, 4: logging.ERROR}


@native.llama_log_callback  # type: ignore[untyped-decorator]
def _log_callback(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    message = text.decode("utf-8", "replace").rstrip()
    if message.strip("."):
        log.log(_LEVELS.get(level, logging.DEBUG), "%s", message)
