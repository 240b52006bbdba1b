"""A grammar that is a Python function, which insists on being asked in the right order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from jimae.engine.grammar import Mask
from jimae.llama.fake import SIZE

END_HERE: frozenset[int] = frozenset({-1})
"""What a rule returns where the answer is whole and nothing may follow."""

Rule = Callable[[list[int]], Collection[int] | None]
"""The tokens that may follow those of an answer; None: any."""


class RuleConstraint:
    """Implements `engine.grammar.Constraint`; `accepted` are the tokens so far."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._begun: list[int] | None = None
        self.accepted: list[int] = []
        self.confirmed: list[int] = []

    def confirm(self, drafts: Sequence[int]) -> int:
        assert self._begun is None, "confirm while masks are computed"
        for n, token in enumerate(drafts):
            if not self._allows([*self.accepted, *drafts[:n]], token):
                break
        else:
            n = len(drafts)
        self.confirmed = list(drafts[:n])
        return n

    def begin(self, drafts: Sequence[int]) -> None:
        assert list(drafts) == self.confirmed[: len(drafts)]
        self._begun = list(drafts)

    def masks(self) -> list[Mask | None]:
        assert self._begun is not None, "masks without begin"
        drafts, self._begun, self.confirmed = self._begun, None, []
        return [mask_of(self._rule([*self.accepted, *drafts[:n]])) for n in range(len(drafts) + 1)]

    def accept(self, token: int) -> None:
        assert self._allows(self.accepted, token), f"{token} after {self.accepted}"
        self.accepted.append(token)

    @property
    def finished(self) -> bool:
        return self._rule(self.accepted) is END_HERE

    def _allows(self, place: list[int], token: int) -> bool:
        allowed = self._rule(place)
        return allowed is None or token in allowed


def mask_of(tokens: Collection[int] | None) -> Mask | None:
    if tokens is None:
        return None
    words = np.zeros(-(-SIZE // 32), dtype=np.uint32)
    for token in tokens:
        if token >= 0:
            words[token // 32] |= np.uint32(1 << token % 32)
    return words.view(np.int32)
