"""An answer without a model: tokens are drawn from those that a grammar allows."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from jimae.engine.grammar import Constraint, Mask
from jimae.llama.model import Vocab


def allowed(mask: Mask | None, size: int) -> list[int]:
    """The tokens of a mask."""
    assert mask is not None
    bits = np.unpackbits(mask.view(np.uint8), bitorder="little")[:size]
    return [int(token) for token in bits.nonzero()[0]]


def walk(constraint: Constraint, vocab: Vocab, seed: int, most: int = 600) -> str | None:
    """The text of a random answer; None if it did not end within `most` tokens.

    After a few tokens it hurries: it ends where it may, and closes what it can.
    """
    chance = random.Random(seed)  # noqa: S311
    text = b""
    for step in range(most):
        if constraint.finished:
            return text.decode()
        constraint.begin(())
        tokens = allowed(constraint.masks()[0], vocab.size)
        if not tokens:
            raise AssertionError(f"no token is allowed behind {text!r}")
        ends = [token for token in tokens if token in vocab.end_tokens]
        if ends and (step > 20 or len(ends) == len(tokens) or chance.random() < 0.3):
            return text.decode()
        tokens = [token for token in tokens if token not in vocab.end_tokens]
        hurried = step > 20 or chance.random() < 0.3
        token = chance.choice((hurried and closing(tokens, vocab)) or tokens)
        constraint.accept(token)
        text += vocab.piece(token, special=True)
    return None


def closing(tokens: Sequence[int], vocab: Vocab) -> list[int]:
    """Those that begin with what closes a text, an object or a list, and are short."""
    pieces = [(token, vocab.piece(token, special=True)) for token in tokens]
    return [token for token, piece in pieces if len(piece) <= 2 and piece[:1] in (b'"', b"}", b"]")]
