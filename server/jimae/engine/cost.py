"""What a step costs on this machine, learned while running.

The seconds of a step are modelled as affine in its tokens and in the (token,
cell) pairs they attend to. The coefficients are kept as multiples of a prior
and follow the machine by least squares on relative errors, old steps being
forgotten and the prior pulling weakly where nothing was seen.
"""

from __future__ import annotations

import numpy as np

# Seconds per step, per token, and per (token, cell) pair of a 1.5B model in
# Q4_K_M on two AVX-512 cores.
_PRIOR = np.array([0.03, 0.012, 2e-7])
_FORGET = 0.97
_PULL = 0.01
_WITHIN = (0.01, 100.0)


class CostModel:
    """Predicts the time of a step from its size."""

    def __init__(self) -> None:
        self._normal = np.eye(3)
        self._moment = np.ones(3)
        self._factors = np.ones(3)

    def observe(self, tokens: int, pairs: int, seconds: float) -> None:
        """Learn that a step of `tokens` tokens and `pairs` pairs took `seconds`."""
        if seconds <= 0.0:
            return
        row = np.array([1.0, tokens, pairs]) * _PRIOR / seconds
        self._normal = _FORGET * self._normal + np.outer(row, row) + _PULL * np.eye(3)
        self._moment = _FORGET * self._moment + row + _PULL
        factors = np.linalg.solve(self._normal, self._moment)
        self._factors = np.clip(factors, *_WITHIN)

    def predict(self, tokens: int, pairs: int) -> float:
        """Seconds that a step should take."""
        return float(np.array([1.0, tokens, pairs]) * _PRIOR @ self._factors)

    def tokens_per_second(self, at: int = 64) -> float:
        """Speed of reading a prompt in, in chunks of `at` tokens."""
        return at / self.predict(at, 0)
