"""How often guessed tokens turned out right, and so how many of the next ones will."""

from __future__ import annotations

_FORGET = 0.98
_FORGET_DRAFTS = 0.8


class Acceptance:
    """Forgetful counts of one source of guesses.

    It begins with `probability`, as if that had been seen of `weight` tokens, and as if
    drafts of `kept` tokens had kept what they promised.
    """

    def __init__(self, probability: float, weight: float, kept: float) -> None:
        self._right, self._tried = probability * weight, weight
        self._kept = self._promised = kept

    @property
    def probability(self) -> float:
        """That the next token is the one that is guessed."""
        return self._right / self._tried

    def expected(self, n: int) -> float:
        """How many of the next `n` tokens are likely to be confirmed.

        As if each were as likely as the last ones were, and then as much less as earlier
        drafts kept less than that promised: errors come where names change, not by chance.
        """
        return self._by_chance(n) * min(1.0, self._kept / self._promised)

    def saw(self, right: bool) -> None:
        """A guess could be compared with the token that came, drafted or not."""
        self._right = _FORGET * self._right + right
        self._tried = _FORGET * self._tried + 1.0

    def learn(self, n: int, confirmed: int) -> None:
        """`confirmed` of a draft of `n` tokens were."""
        self._promised = _FORGET_DRAFTS * self._promised + self._by_chance(n)
        self._kept = _FORGET_DRAFTS * self._kept + confirmed

    def _by_chance(self, n: int) -> float:
        p = self.probability
        return p * (1 - p**n) / (1 - p) if p < 1 else float(n)
