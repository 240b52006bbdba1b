"""An answer without a model: tokens are drawn from those that a grammar allows."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from jimae.engine.grammar import Constraint, Mask
from jimae.llama.model import Vocab


def allowed(mask: Mask | None, size: int) -> list[int]:
    """The tokens of a mask."""
    return [int(token) for token in _bits(mask, size).nonzero()[0]]


def walk(constraint: Constraint, vocab: Vocab, seed: int, most: int = 600) -> str | None:
    """The text of a random answer; None if it did not end within `most` tokens.

    After a few tokens it hurries: it ends where it may, and closes what it can.
    """
    chance = np.random.default_rng(seed)
    ends = np.array(sorted(vocab.end_tokens))
    text = b""
    for step in range(most):
        if constraint.finished:
            return text.decode()
        constraint.begin(())
        bits = _bits(constraint.masks()[0], vocab.size).copy()
        hurried = step > 20 or chance.random() < 0.3
        may_end = bits[ends].any()
        bits[ends] = 0
        if may_end and (hurried or not bits.any()):
            return text.decode()
        if not bits.any():
            raise AssertionError(f"no token is allowed behind {text!r}")
        closing = bits & _closing(vocab)
        tokens = (closing if hurried and closing.any() else bits).nonzero()[0]
        token = int(chance.choice(tokens))
        constraint.accept(token)
        text += vocab.piece(token, special=True)
    return None


def _bits(mask: Mask | None, size: int) -> npt.NDArray[np.uint8]:
    assert mask is not None
    return np.unpackbits(mask.view(np.uint8), bitorder="little")[:size]


@functools.cache
def _closing(vocab: Vocab) -> npt.NDArray[np.uint8]:
    """Which tokens are short and begin with what closes a text, an object or a list."""
    pieces = (vocab.piece(token, special=True) for token in range(vocab.size))
    return np.array([len(p) <= 2 and p[:1] in (b'"', b"}", b"]") for p in pieces], dtype=np.uint8)
