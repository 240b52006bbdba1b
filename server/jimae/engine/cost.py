"""What a step costs on this machine, learned while running.

The seconds of a step are a piecewise linear function of its tokens, plus a term
for the (token, cell) pairs that attention visits, and one for the rows of logits: a
draft wants one for each of its tokens, a prompt only one at its end. All coefficients are kept as
multiples of a prior and follow the machine by least squares on relative errors;
old steps are forgotten, and a size that was not seen follows its neighbours.

    seconds
      |                    .-'    knots at 1, 2, 4 … 512 tokens: small batches are
      |      _..----'''''         not affine (8 tokens cost nearly as much as 16)
      | .-''
      +----------------- tokens
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from jimae.llama.model import Model, Slice

Array = npt.NDArray[np.float64]

# A 1.5B model in Q4_K_M on two AVX-512 cores: seconds of a step by its tokens,
# and seconds per pair and per row of logits.
_KNOTS = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256, 512], dtype=np.float64)
_STEPS = [0.038, 0.078, 0.15, 0.36, 0.44, 0.58, 0.76, 1.56, 3.0, 5.8]
_PAIR = 2e-7
_LOGITS = 1.7e-3
_PRIOR = np.array([*_STEPS, _PAIR, _LOGITS])
_TERMS = 2
_MEASURED = (1, 2, 4, 8, 16, 32)
_FORGET = 0.98
_SMOOTH = 0.1
_PULL = 0.001
_WITHIN = (0.01, 100.0)


def _penalty() -> Array:
    """Quadratic form of the differences of neighbouring factors, the terms' against their mean."""
    n = len(_KNOTS)
    differences = np.zeros((n - 1 + _TERMS, n + _TERMS))
    for k in range(n - 1):
        differences[k, k], differences[k, k + 1] = 1.0, -1.0
    for k in range(_TERMS):
        differences[n - 1 + k, :n], differences[n - 1 + k, n + k] = 1.0 / n, -1.0
    return _SMOOTH * differences.T @ differences + _PULL * np.eye(n + _TERMS)


_PENALTY = _penalty()


class CostModel:
    """Predicts the time of a step from its size."""

    def __init__(self) -> None:
        size = len(_KNOTS) + _TERMS
        self._normal = np.zeros((size, size))
        self._moment = np.zeros(size)
        self._factors = np.ones(size)
        self._prior: Array = _PRIOR

    def observe(self, tokens: int, pairs: int, rows: int, seconds: float) -> None:
        """Learn what a step of `tokens` tokens, `pairs` pairs and `rows` of logits took."""
        if seconds <= 0.0:
            return
        row = self._row(tokens, pairs, rows) / seconds
        self._normal = _FORGET * self._normal + np.outer(row, row)
        self._moment = _FORGET * self._moment + row
        factors = np.linalg.solve(self._normal + _PENALTY, self._moment + _PULL)
        self._factors = np.clip(factors, *_WITHIN)

    def predict(self, tokens: int, pairs: int, rows: int) -> float:
        """Seconds that a step should take."""
        return float(self._row(tokens, pairs, rows) @ self._factors)

    def measure(self, model: Model, clock: Callable[[], float]) -> None:
        """Run small steps of an idle model, and take what they cost for the prior from here on:
        sizes that are not seen then follow those that are as they do on this machine."""
        for n in (1, *_MEASURED):  # the first one warms up
            if n <= min(model.n_batch, model.n_outputs, model.n_cells):
                began = clock()
                model.decode([Slice(0, 0, [0] * n, n)])
                self.observe(n, n * n, n, clock() - began)
                model.seq_remove(0, 0)
        self._prior = self._prior * self._factors
        self._normal[:], self._moment[:], self._factors[:] = 0.0, 0.0, 1.0

    def _row(self, tokens: int, pairs: int, rows: int) -> Array:
        """Seconds by the prior, split over the coefficients that they depend on."""
        at = min(float(tokens), _KNOTS[-1])
        upper = min(max(int(np.searchsorted(_KNOTS, at)), 1), len(_KNOTS) - 1)
        share = (at - _KNOTS[upper - 1]) / (_KNOTS[upper] - _KNOTS[upper - 1])
        row = np.zeros(len(_KNOTS) + _TERMS)
        row[upper - 1], row[upper] = 1 - share, share
        row *= max(1.0, tokens / _KNOTS[-1])
        row[-2:] = pairs, rows
        row *= self._prior
        return row
