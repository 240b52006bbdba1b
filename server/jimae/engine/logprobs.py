"""Log probabilities of tokens, from the logits as the model gave them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from jimae.llama.model import Logits, Vocab
from jimae.types import TokenLogprob

# How far below the largest logit the first search for the most likely tokens looks.
_NEAR = 12.0


class LogProbs:
    """Log-softmax in float64. Keeps room for one row: not thread-safe."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab
        # A new array of this size costs more than what is computed in it.
        self._row = np.empty(vocab.size, dtype=np.float64)

    def of(self, logits: Logits, token: int, most: int) -> TokenLogprob:
        """What the model gave `token`, and its `most` likely ones. `logits`: (n_vocab,).

        Raises ValueError if a logit is not a number.
        """
        largest = float(logits.max())
        if not math.isfinite(largest):
            raise ValueError(f"the largest logit is {largest}")
        np.subtract(logits, largest, out=self._row, dtype=np.float64)
        np.exp(self._row, out=self._row)
        total = largest + math.log(float(self._row.sum()))
        return TokenLogprob(
            token,
            self.piece(token),
            float(logits[token]) - total,
            tuple((t, self.piece(t), float(logits[t]) - total) for t in _most_likely(logits, most)),
        )

    def first(self, token: int) -> TokenLogprob:
        """The first token of a prompt, which nothing precedes."""
        return TokenLogprob(token, self.piece(token), None)

    def piece(self, token: int) -> bytes:
        return self._vocab.piece(token, special=True)


def _most_likely(logits: Logits, n: int) -> Iterable[int]:
    """The `n` tokens with the largest logits, best first; of equals, the lower id first."""
    if n == 0:
        return ()
    if n == 1:
        return (int(logits.argmax()),)
    pool = np.flatnonzero(logits > logits.max() - _NEAR)
    if len(pool) < n:
        pool = np.arange(len(logits))
    if len(pool) > n:
        least = np.partition(logits[pool], len(pool) - n)[len(pool) - n]
        pool = pool[logits[pool] >= least]
    order = np.argsort(-logits[pool], kind="stable")[:n]
    return (int(token) for token in pool[order])
