"""The cost model follows the machine."""

from __future__ import annotations

import random

from jimae.engine.cost import CostModel


def test_it_learns_another_machine() -> None:
    model, rng = CostModel(), random.Random(1)  # noqa: S311

    def truth(tokens: int, pairs: int) -> float:
        return 0.004 + 0.0015 * tokens + 5e-8 * pairs

    for _ in range(200):
        tokens = rng.choice([1, 4, 8, 64, 128, 512])
        pairs = tokens * rng.randrange(0, 4000)
        model.observe(tokens, pairs, truth(tokens, pairs) * rng.uniform(0.9, 1.1))
    for tokens, pairs in [(1, 500), (8, 8000), (64, 64_000), (256, 256_000)]:
        assert abs(model.predict(tokens, pairs) / truth(tokens, pairs) - 1) < 0.25


def test_one_kind_of_step_does_not_unlearn_the_others() -> None:
    model = CostModel()
    for _ in range(1000):
        model.observe(1, 100, 0.04)
    assert 0.2 < model.predict(64, 6400) / CostModel().predict(64, 6400) < 5


def test_predictions_grow_with_the_step() -> None:
    model = CostModel()
    for seconds in (0.5, 0.01, 3.0, 0.2):
        model.observe(64, 64_000, seconds)
        assert 0 < model.predict(1, 0) <= model.predict(64, 0) <= model.predict(64, 100_000)
