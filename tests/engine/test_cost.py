"""The cost model follows the machine."""

from __future__ import annotations

import random

from jimae.engine.cost import CostModel


def test_it_learns_another_machine() -> None:
    model, rng = CostModel(), random.Random(1)  # noqa: S311

    def truth(tokens: int, pairs: int, rows: int) -> float:
        return 0.004 + 0.0015 * tokens + 5e-8 * pairs + 4e-4 * rows

    for _ in range(200):
        tokens = rng.choice([1, 4, 8, 64, 128, 512])
        pairs = tokens * rng.randrange(0, 4000)
        rows = rng.choice([1, min(tokens, 64)])
        model.observe(tokens, pairs, rows, truth(tokens, pairs, rows) * rng.uniform(0.9, 1.1))
    for step in [(1, 500, 1), (8, 8000, 8), (64, 64_000, 1), (64, 64_000, 64), (256, 256_000, 1)]:
        assert abs(model.predict(*step) / truth(*step) - 1) < 0.25


def test_one_kind_of_step_does_not_unlearn_the_others() -> None:
    model = CostModel()
    for _ in range(1000):
        model.observe(1, 100, 1, 0.04)
    assert 0.2 < model.predict(64, 6400, 1) / CostModel().predict(64, 6400, 1) < 5


def test_predictions_grow_with_the_step() -> None:
    model = CostModel()
    for seconds in (0.5, 0.01, 3.0, 0.2):
        model.observe(64, 64_000, 1, seconds)
        steps = [(1, 0, 1), (64, 0, 1), (64, 100_000, 1), (64, 100_000, 64)]
        times = [model.predict(*step) for step in steps]
        assert times[0] > 0
        assert times == sorted(times)
