"""Guessing tokens ahead from what a sequence has already said or been told, or
from what somebody predicts of it.

An answer that repeats its prompt (a corrected text, changed code, a quotation)
runs along a place in it. The next tokens of that place are put into the batch as
a draft; the sampler then decides on each as if it had come alone, so that the
distribution of the answer is the same. What is not confirmed is taken back.

Whether it pays is measured: how often the place was right so far costs nothing
to count, even while nothing is drafted, and the price of a larger step is known
from the cost model. Source: prompt lookup decoding (Saxena 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jimae.engine.acceptance import Acceptance

NGRAM = 3
"""Tokens that must agree for a place to be followed."""

CONFIDENT_RUN = 8
"""Tokens in a row that a place must have been right before it is drafted from."""

MAX_DRAFT = 48
LENGTHS = (4, 8, 16, 32, MAX_DRAFT)

_EDGE = -1
"""No token: nothing is followed across it."""


class PromptLookup:
    """Follows one sequence along an earlier place in its own tokens, or in its prediction.

    `tokens` is the sequence's list, its first `prompt_length` a prompt; it is read,
    never changed, and only grows. Places are in a text of its own:

        text  [ prompt | edge | prediction | edge | answer ]     or  [ prompt | answer ]
    """

    def __init__(
        self, tokens: Sequence[int], prompt_length: int = 0, prediction: Sequence[int] = ()
    ) -> None:
        self._tokens = tokens
        self._text: list[int] = []
        self._seen = 0
        self._places: dict[tuple[int, ...], int] = {}
        self._place: int | None = None
        self._run = 0
        self.acceptance = _new_acceptance()
        self._predicted = range(0)
        if prediction:
            self._advance(prompt_length)
            start = len(self._text) + 1
            self._predicted = range(start, start + len(prediction))
            for token in (_EDGE, *prediction, _EDGE):
                self._take(token)
            self._place, self._run = start, CONFIDENT_RUN
        else:
            self._advance(len(tokens))
        # What a prompt repeats of itself says nothing about the answer.
        self.acceptance = _new_acceptance()

    def draft(self) -> list[int]:
        """The tokens that come next if the sequence goes on along its place."""
        self._advance(len(self._tokens))
        if self._place is None or self._run < CONFIDENT_RUN:
            return []
        draft = self._text[self._place : self._place + MAX_DRAFT]
        return draft[: draft.index(_EDGE)] if _EDGE in draft else draft

    def _advance(self, end: int) -> None:
        """Take in the tokens up to `end` that were added since the last call."""
        for index in range(self._seen, end):
            self._take(self._tokens[index])
        self._seen = end

    def _take(self, token: int) -> None:
        self._follow(token)
        self._text.append(token)
        if len(self._text) < NGRAM:
            return
        key = tuple(self._text[-NGRAM:])
        if self._place is None and key in self._places:
            self._place = self._places[key]
            # What somebody predicts is believed at once.
            self._run = CONFIDENT_RUN if self._place in self._predicted else NGRAM
        self._places[key] = len(self._text)

    def _follow(self, token: int) -> None:
        if self._place is None:
            return
        hit = self._text[self._place] == token
        if self._run >= CONFIDENT_RUN:
            self.acceptance.saw(hit)
        if hit:
            self._place += 1
            self._run += 1
        else:
            self._place, self._run = None, 0


def _new_acceptance() -> Acceptance:
    """Soon believed if it goes on being right, and not before that."""
    return Acceptance(0.8, 1.0, CONFIDENT_RUN)


def draft_length(
    available: int,
    expected: Callable[[int], float],
    others: int,
    seconds: Callable[[int], float],
) -> int:
    """How many tokens to draft, 0 if none pays.

    `expected(n)` of a draft of n tokens count. `others` are the tokens that the step has without
    the draft, the sequence's own included; `seconds(n)` prices a step of n tokens. The length that
    gives the most expected tokens per second of the whole step is taken, if it beats none by a
    fifth.
    """
    best, best_rate = 0, 1.2 * others / seconds(others)
    for length in LENGTHS:
        n = min(length, available)
        rate = (others + expected(n)) / seconds(others + n)
        if n and rate > best_rate:
            best, best_rate = n, rate
    return best
