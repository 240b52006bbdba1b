"""A context that reads whole prompts: into a vector each, or a reranker's score.

How the vectors of a prompt's tokens become one is the model's own: their mean, that
of the first or the last token, or a classifier's numbers (`rank`). llama.cpp pools
what it is given in one piece. A model that looks back only, and keeps what it has
read, can be given a prompt in pieces: the last token's vector is then in the last
piece, and the mean is taken here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import llama_cpp as native
import numpy as np
import numpy.typing as npt

from jimae.catalogue.abilities import Pooling
from jimae.errors import JimaeError
from jimae.llama.batch import Batch
from jimae.llama.binding import KV_TYPES
from jimae.llama.model import NoRoomError, Slice
from jimae.llama.weights import LlamaWeights, LoadOptions
from jimae.process import physical_cores

Vector = npt.NDArray[np.float32]

POOLING: Final[dict[Pooling, int]] = {
    # Of a model that is given its prompts in one piece llama.cpp's mean would be the same.
    "mean": native.LLAMA_POOLING_TYPE_NONE,
    "cls": native.LLAMA_POOLING_TYPE_CLS,
    "last": native.LLAMA_POOLING_TYPE_LAST,
    "rank": native.LLAMA_POOLING_TYPE_RANK,
}


class Limits(NamedTuple):
    """What an embedder takes. `whole`: a prompt goes into one `read`, or not at all."""

    prompt: int
    batch: int
    cells: int
    sequences: int
    whole: bool


class Embedder(Protocol):
    """What `worker.embedding` asks of a model. Calls are valid from one thread only."""

    @property
    def limits(self) -> Limits: ...

    def read(self, pieces: Sequence[Slice]) -> None:
        """Compute these tokens, of which every one is an output. Raises NoRoomError,
        or JimaeError `decode_failed`; nothing of the batch counts then."""
        ...

    def take(self, seq_id: int) -> Vector:
        """The vector of what was read into a sequence, which is empty again afterwards."""
        ...

    def drop(self, seq_id: int) -> None:
        """Forget what was read into a sequence."""
        ...


class LlamaEmbedder(LlamaWeights):
    """See `Embedder`. A context on the weights of `share`."""

    def __init__(self, options: LoadOptions, pooling: Pooling, *, share: LlamaWeights) -> None:
        super().__init__(options, share=share)
        self._pooling = pooling
        self._n_seq = options.n_running
        self._context = self._new_context(options)
        self._kv = native.llama_get_memory(self._context)
        causal = self._kv is not None and native.llama_get_causal_attn(self._context)
        whole = not causal or pooling == "cls"
        batch = min(options.n_batch, options.n_cells)
        self.limits = Limits(
            prompt=min(self.context_train, options.n_cells, batch if whole else options.n_cells),
            batch=batch,
            # Without a memory of tokens, room in the batch is all that is needed.
            cells=options.n_cells if self._kv is not None else batch,
            sequences=self._n_seq,
            whole=whole,
        )
        self._batch = Batch(batch)
        self._sums: dict[int, npt.NDArray[np.float64]] = {}
        self._counts: dict[int, int] = {}

    @property
    def size(self) -> int:
        """Numbers of one vector."""
        return self.n_classes if self._pooling == "rank" else self.embedding_size

    def read(self, pieces: Sequence[Slice]) -> None:
        self._batch.fill(pieces, self._n_seq, self.vocab.size)
        with self._turn:
            status = native.llama_decode(self._context, self._batch.native)
        if status != 0:
            for piece in pieces:
                self.drop(piece.seq_id)
            if status == 1:
                raise NoRoomError
            raise JimaeError("decode_failed", status=status)
        row = 0
        for piece in pieces:
            if self._pooling == "mean":
                added = self._rows(row, len(piece.tokens)).sum(axis=0, dtype=np.float64)
                self._sums[piece.seq_id] = self._sums.get(piece.seq_id, 0.0) + added
            else:
                pooled = native.llama_get_embeddings_seq(self._context, piece.seq_id)
                self._sums[piece.seq_id] = self._view(pooled).astype(np.float64)
            self._counts[piece.seq_id] = self._counts.get(piece.seq_id, 0) + len(piece.tokens)
            row += len(piece.tokens)

    def take(self, seq_id: int) -> Vector:
        vector = self._sums[seq_id]
        if self._pooling == "mean":
            vector = vector / self._counts[seq_id]
        self.drop(seq_id)
        return vector.astype(np.float32)

    def drop(self, seq_id: int) -> None:
        self._sums.pop(seq_id, None)
        self._counts.pop(seq_id, None)
        if self._kv is not None:
            native.llama_memory_seq_rm(self._kv, seq_id, 0, -1)

    def close(self) -> None:
        self._batch.free()
        native.llama_free(self._context)
        super().close()

    def _rows(self, start: int, count: int) -> Vector:
        rows = (native.llama_get_embeddings_ith(self._context, start + i) for i in range(count))
        return np.stack([self._view(row) for row in rows])

    def _view(self, pointer: object) -> Vector:
        if not pointer:
            raise JimaeError("decode_failed", status=0)
        return np.ctypeslib.as_array(pointer, shape=(self.size,))

    def _new_context(self, options: LoadOptions) -> native.llama_context_p:
        threads = options.threads or physical_cores()
        params = native.llama_context_default_params()
        params.n_ctx = options.n_cells
        params.n_batch = params.n_ubatch = params.n_outputs_max = min(
            options.n_batch, options.n_cells
        )
        params.n_seq_max = self._n_seq
        params.n_threads = params.n_threads_batch = threads
        params.type_k = params.type_v = KV_TYPES[options.kv_type]
        params.kv_unified = True
        params.swa_full = True
        params.no_perf = True
        params.embeddings = True
        params.pooling_type = POOLING[self._pooling]
        context = native.llama_init_from_model(self._model, params)
        if not context:
            raise JimaeError(
                "model_load_failed",
                model=options.path.stem,
                reason=f"no context of {options.n_cells} tokens could be made (memory?)",
            )
        return context
