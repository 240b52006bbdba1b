"""Choosing the next token from logits, in NumPy.

Order: bias and penalties on the logits, grammar, temperature, top_k, top_p, min_p
(the order of Hugging Face and vLLM). One uniform number is drawn per token, so a
seed gives the same answer wherever the logits are the same.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter

import numpy as np
import numpy.typing as npt

from jimae.engine.grammar import Mask
from jimae.errors import JimaeError
from jimae.llama.model import Logits
from jimae.types import Sampling

Probabilities = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

NEUTRAL = Sampling()

# How far below the largest logit (in units of the temperature) the first search
# for the top k looks. If k tokens are within, the top k are among them: exact.
_NEAR = 18.0


class Sampler:
    """The sampling state of one sequence. `defaults` fill what `sampling` leaves open."""

    def __init__(self, sampling: Sampling, defaults: Sampling = NEUTRAL) -> None:
        def choose(value: float | None, default: float | None, neutral: float) -> float:
            return value if value is not None else default if default is not None else neutral

        self.temperature = choose(sampling.temperature, defaults.temperature, 1.0)
        self.top_p = choose(sampling.top_p, defaults.top_p, 1.0)
        self.top_k = int(choose(sampling.top_k, defaults.top_k, 0))
        self.min_p = choose(sampling.min_p, defaults.min_p, 0.0)
        self._presence = sampling.presence_penalty
        self._frequency = sampling.frequency_penalty
        self._repeat = choose(sampling.repeat_penalty, defaults.repeat_penalty, 1.0)
        self._biased = np.fromiter(sampling.logit_bias.keys(), dtype=np.intp)
        self._bias = np.fromiter(sampling.logit_bias.values(), dtype=np.float32)
        self._penalises = bool(self._presence or self._frequency or self._repeat != 1.0)
        seed = sampling.seed if sampling.seed is not None else secrets.randbits(63)
        self._random = np.random.Generator(np.random.PCG64(seed % 2**63))
        self._generated: Counter[int] = Counter()

    def sample(self, logits: Logits, mask: Mask | None = None) -> int:
        """Choose a token of those in `mask`. `logits` has shape (n_vocab,) and is written to.

        Raises ValueError if no logit is finite, `grammar_dead_end` if that is so of those
        in the mask only.
        """
        self._adjust(logits)
        if mask is None:
            token = self._choose(logits)
        else:
            allowed = allowed_tokens(mask, len(logits))
            values = logits[allowed]
            if not (values > -np.inf).any() and (logits > -np.inf).any():
                raise JimaeError("grammar_dead_end")
            token = int(allowed[self._choose(values)])
        if self._penalises:
            self._generated[token] += 1
        return token

    def _choose(self, logits: Logits) -> int:
        best = int(logits.argmax())
        if not math.isfinite(logits[best]):
            raise ValueError(f"the largest logit is {logits[best]}")
        return best if self.temperature == 0.0 else self._draw(logits, float(logits[best]))

    def _adjust(self, logits: Logits) -> None:
        """Penalise tokens that were generated before; then add the caller's bias."""
        if self._penalises and self._generated:
            ids = np.fromiter(self._generated.keys(), dtype=np.intp)
            counts = np.fromiter(self._generated.values(), dtype=np.float32)
            values = logits[ids]
            if self._repeat != 1.0:
                values = np.where(values > 0, values / self._repeat, values * self._repeat)
            logits[ids] = values - self._frequency * counts - self._presence
        if len(self._biased):
            logits[self._biased] += self._bias

    def _draw(self, logits: Logits, largest: float) -> int:
        ids, weights = self._candidates(logits, largest)
        total = weights.cumsum()
        chosen = int(np.searchsorted(total, self._random.random() * total[-1], side="right"))
        chosen = min(chosen, len(weights) - 1)
        return chosen if ids is None else int(ids[chosen])

    def _candidates(self, logits: Logits, largest: float) -> tuple[Indices | None, Probabilities]:
        """Token ids (None: all of them, in order) and their unnormalised probabilities."""
        ids: Indices | None = None
        if 0 < self.top_k < len(logits):
            ids = self._top_k(logits, largest)
            values = logits[ids]
        else:
            values = logits
        weights = np.exp((values.astype(np.float64) - largest) / self.temperature)
        if self.top_p < 1.0 or self.min_p > 0.0:
            keep = self._nucleus(weights)
            ids = keep if ids is None else ids[keep]
            weights = weights[keep]
        return ids, weights

    def _top_k(self, logits: Logits, largest: float) -> Indices:
        near = np.flatnonzero(logits > largest - _NEAR * self.temperature)
        pool = near if len(near) >= self.top_k else np.arange(len(logits))
        if len(pool) > self.top_k:
            order = np.argpartition(logits[pool], len(pool) - self.top_k)
            pool = np.sort(pool[order[-self.top_k :]])
        return pool

    def _nucleus(self, weights: Probabilities) -> Indices:
        """Indices of the fewest tokens that hold top_p of the mass, less those below min_p."""
        # All tokens below the floor together weigh less than what top_p leaves out,
        # so none of them is in the result and only the others need sorting.
        floor = (1.0 - self.top_p) * float(weights.sum()) / len(weights)
        floor = max(floor, self.min_p * float(weights.max()))
        pool = np.flatnonzero(weights >= floor)
        order = pool[np.argsort(-weights[pool], kind="stable")]
        if self.top_p < 1.0:
            ranked = weights[order]
            before = ranked.cumsum() - ranked
            order = order[: np.count_nonzero(before < self.top_p * float(weights.sum()))]
        return np.sort(order)


def allowed_tokens(mask: Mask, n_vocab: int) -> Indices:
    """The ids whose bits are set, in order."""
    bits = np.unpackbits(mask.view(np.uint8), count=n_vocab, bitorder="little")
    return np.flatnonzero(bits)
