"""An embedder without weights: the vector of a prompt holds its length and its tokens' sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from jimae.llama.embedder import Limits, Vector
from jimae.llama.model import Slice


class FakeEmbedder:
    """Remembers what it was given; `limits` are checked as the real one would."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.batches: list[list[Slice]] = []
        self.error: Exception | None = None
        self._read: dict[int, list[int]] = defaultdict(list)

    @property
    def empty(self) -> bool:
        return not self._read

    def read(self, pieces: Sequence[Slice]) -> None:
        total = sum(len(piece.tokens) for piece in pieces)
        assert 0 < total <= self.limits.batch
        for piece in pieces:
            assert 0 <= piece.seq_id < self.limits.sequences
            assert piece.outputs == len(piece.tokens)
            assert piece.start == len(self._read[piece.seq_id])
            self._read[piece.seq_id] += piece.tokens
        assert sum(map(len, self._read.values())) <= self.limits.cells
        self.batches.append(list(pieces))
        if self.error is not None:
            raise self.error

    def take(self, seq_id: int) -> Vector:
        tokens = self._read.pop(seq_id)
        return np.array([len(tokens), sum(tokens), 0.0], dtype=np.float32)

    def drop(self, seq_id: int) -> None:
        self._read.pop(seq_id, None)
