"""llama.cpp through llama-cpp-python's low-level binding.

Arguments are validated here: a wrong sequence id, an oversized batch or a
token outside the vocabulary would end the process inside native code.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import llama_cpp as native
import numpy as np

from jimae.errors import JimaeError
from jimae.llama.batch import Batch
from jimae.llama.model import DecodeAbortedError, Logits, NoRoomError, Slice
from jimae.llama.weights import LIBRARY_VERSION, LlamaVocab, LlamaWeights, LoadOptions
from jimae.process import physical_cores

__all__ = ["LIBRARY_VERSION", "LlamaModel", "LlamaVocab", "LoadOptions"]

MAX_SEQ = 256
KV_TYPES = {"f16": native.GGML_TYPE_F16, "q8_0": native.GGML_TYPE_Q8_0}


class LlamaModel(LlamaWeights):
    """A loaded model with one context. See `model.Model`."""

    def __init__(
        self,
        options: LoadOptions,
        progress: Callable[[float], None] | None = None,
        *,
        share: LlamaWeights | None = None,
    ) -> None:
        """Load the file, or make another context on the weights of `share`."""
        super().__init__(options, progress, share=share)
        self.n_cells = options.n_cells
        # A recurrent state costs memory for every sequence id, used or not.
        idle = options.n_idle if self.memory != "recurrent" else options.n_running // 2
        self.n_seq = min(options.n_running + idle, MAX_SEQ)
        self.n_batch = options.n_batch
        self.n_outputs = max(options.n_outputs, self.n_seq)
        self._aborting = False
        self._on_abort = native.ggml_abort_callback(lambda _: self._aborting)
        self._context = self._new_context(options)
        self._kv = native.llama_get_memory(self._context)
        self._batch = Batch(options.n_batch)

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

    def seq_load(self, seq_id: int, data: bytes | bytearray) -> bool:
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
        super().close()

    def _check(self, *seq_ids: int) -> None:
        for seq_id in seq_ids:
            if not 0 <= seq_id < self.n_seq:
                raise ValueError(f"sequence id {seq_id} is not in 0..{self.n_seq - 1}")

    def _logits(self, row: int) -> Logits:
        pointer = native.llama_get_logits_ith(self._context, row)
        if not pointer:
            raise JimaeError("decode_failed", status=0)
        return np.ctypeslib.as_array(pointer, shape=(self.vocab.size,))

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
