"""What the engine asks of a grammar: which tokens may come next.

A `Constraint` is the state of one answer in its grammar. Its masks are computed
on a thread of its own while the model decodes:

    begin(drafts) ──────────── computing ────────────┐
    decode (the model is busy, the GIL is free) ─────┴─ masks() -> sample -> accept

`llama.grammar` implements it; the tests have a simple one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.int32]
"""Tokens that are allowed, 32 to a word: bit t % 32 of word t // 32 is token t.
At least ceil(n_vocab / 32) words; bits beyond the vocabulary mean nothing."""


class Constraint(Protocol):
    """One answer's place in its grammar: behind all tokens that were accepted.

    Called by one thread at a time. Where the answer may end, and nowhere else,
    masks allow the model's end tokens; these are never accepted, they end the
    sequence. A failure (a limit that was reached, a mistake) is a JimaeError, raised
    by `masks` and by nothing else.
    """

    def confirm(self, drafts: Sequence[int]) -> int:
        """How many of the first `drafts` the grammar allows one after another.

        The place stays where it is.
        """
        ...

    def begin(self, drafts: Sequence[int]) -> None:
        """Start computing the masks of this place and of those behind each of `drafts`.

        `drafts` were confirmed. Returns at once; a computation whose masks nobody
        took is dropped. Nothing else is called before `masks`, or `begin` again.
        """
        ...

    def masks(self) -> Sequence[Mask | None]:
        """Wait for what `begin` started: len(drafts) + 1 masks; None allows every token.

        They are valid until the next `begin`. The place is the one before the drafts. A mask
        of a place where the answer is `finished` is not looked at.
        """
        ...

    def accept(self, token: int) -> None:
        """Go on by a token that the mask of this place allowed."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the answer is whole and nothing may follow."""
        ...
