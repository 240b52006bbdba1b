"""What a context is given to compute, as llama.cpp reads it."""

from __future__ import annotations

from collections.abc import Sequence

import llama_cpp as native
import numpy as np

from jimae.llama.model import Slice


class Batch:
    """A `llama_batch` whose arrays are written through NumPy views. Checks what it is given: a
    wrong sequence id or a token outside the vocabulary would end the process."""

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
