"""Draft models that are right as often as a test says, and models whose time is simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fakes.engine_harness import Harness
from jimae.llama.fake import FakeModel
from jimae.llama.model import Logits, Slice

Seconds = Callable[[int], float]
"""What a batch of so many tokens takes."""


class Clock:
    """Goes on only while a model computes."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Timed(FakeModel):
    """A model that computes on a clock."""

    def __init__(self, clock: Clock, seconds: Seconds, *, n_cells: int = 600) -> None:
        super().__init__(n_cells=n_cells)
        self._clock = clock
        self.seconds = seconds

    def decode(self, batch: Sequence[Slice]) -> list[Logits]:
        self._clock.now += self.seconds(sum(len(part.tokens) for part in batch))
        return super().decode(batch)


class Draft(Timed):
    """Guesses what a plain `FakeModel` says: right in `percent` of all places."""

    def __init__(
        self, percent: int = 100, clock: Clock | None = None, seconds: Seconds = lambda _: 0.0
    ) -> None:
        super().__init__(clock or Clock(), seconds)
        self.percent = percent

    def next_token(self, tokens: Sequence[int]) -> int:
        token = super().next_token(tokens)
        return token if sum(tokens[-3:]) * 37 % 100 < self.percent else 97 + (token - 96) % 26


def eager(draft: FakeModel, **options: object) -> Harness:
    """An engine that believes that guessing costs nothing, and that guesses are right."""
    h = Harness(draft=draft, **options)  # type: ignore[arg-type]
    h.engine.cost.predict = lambda *_: 1.0  # type: ignore[method-assign]
    assert h.drafter is not None
    h.drafter.cells.cost.predict = lambda *_: 1e-6  # type: ignore[method-assign]
    h.drafter.budget.spend = lambda _: None  # type: ignore[method-assign]
    return h
