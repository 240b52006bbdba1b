"""The sampler draws from the distribution that its parameters describe."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jimae.engine.sampler import Sampler
from jimae.types import Sampling


def logits(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, dtype=np.float32)


def expected(
    values: list[float], sampling: Sampling
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The distribution by definition, slowly."""
    scaled = np.array(values, dtype=np.float64) / (sampling.temperature or 1.0)
    weights = np.exp(scaled - scaled.max())
    order = sorted(range(len(values)), key=lambda i: (-weights[i], i))
    if sampling.top_k:
        order = order[: sampling.top_k]
    kept: list[int] = []
    mass = 0.0
    total = sum(weights[i] for i in order)
    for i in order:
        if mass < (sampling.top_p if sampling.top_p is not None else 1.0) * total:
            kept.append(i)
        mass += weights[i]
    kept = [i for i in kept if weights[i] >= (sampling.min_p or 0.0) * weights[order[0]]]
    result = np.zeros(len(values))
    for i in kept:
        result[i] = weights[i]
    return result / result.sum()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(-6, 6), min_size=2, max_size=12, unique_by=lambda x: round(x, 3)),
    st.sampled_from([0.3, 1.0, 1.7]),
    st.sampled_from([0, 1, 3, 50]),
    st.sampled_from([0.2, 0.9, 1.0]),
    st.sampled_from([0.0, 0.1]),
    st.integers(0, 2**31),
)
def test_frequencies_follow_the_definition(
    values: list[float], temperature: float, top_k: int, top_p: float, min_p: float, seed: int
) -> None:
    sampling = Sampling(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p, seed=seed)
    sampler = Sampler(sampling)
    draws = 600
    counts = Counter(sampler.sample(logits(*values)) for _ in range(draws))
    for token, probability in enumerate(expected(values, sampling)):
        if probability == 0.0:
            assert counts[token] == 0
        # Six standard deviations: one failure in 500 million.
        spread = 6 * np.sqrt(draws * probability * (1 - probability)) + 1
        assert abs(counts[token] - draws * probability) <= spread


def test_a_seed_repeats() -> None:
    values = list(np.linspace(0, 3, 1000))
    runs = []
    for _ in range(2):
        sampler = Sampler(Sampling(seed=7))
        runs.append([sampler.sample(logits(*values)) for _ in range(20)])
    assert runs[0] == runs[1]
    other = Sampler(Sampling(seed=8))
    assert [other.sample(logits(*values)) for _ in range(20)] != runs[0]


def test_no_seed_differs() -> None:
    values = [0.0] * 1000
    samplers = [Sampler(Sampling()) for _ in range(2)]
    drawn = [[s.sample(logits(*values)) for _ in range(20)] for s in samplers]
    assert drawn[0] != drawn[1]


def test_temperature_zero_takes_the_largest() -> None:
    assert Sampler(Sampling(temperature=0.0)).sample(logits(0, 5, 4.9)) == 1


def test_defaults_fill_what_is_left_open() -> None:
    sampler = Sampler(Sampling(top_p=0.5), Sampling(temperature=0.0, top_p=0.9, top_k=3))
    assert (sampler.temperature, sampler.top_p, sampler.top_k) == (0.0, 0.5, 3)


def test_penalties() -> None:
    greedy = {"temperature": 0.0}
    frequency = Sampler(Sampling(frequency_penalty=1.0, **greedy))
    assert [frequency.sample(logits(2.5, 0)) for _ in range(4)] == [0, 0, 0, 1]
    presence = Sampler(Sampling(presence_penalty=1.0, **greedy))
    assert [presence.sample(logits(0.9, 0)) for _ in range(4)] == [0, 1, 0, 0]
    repeat = Sampler(Sampling(repeat_penalty=2.0, **greedy))
    assert [repeat.sample(logits(3, 2)) for _ in range(2)] == [0, 1]


def test_bias() -> None:
    assert Sampler(Sampling(temperature=0.0, logit_bias={2: 100})).sample(logits(5, 1, 0)) == 2
    assert Sampler(Sampling(temperature=0.0, logit_bias={0: -100})).sample(logits(5, 1, 0)) == 1


@pytest.mark.parametrize("bad", [float("nan"), float("-inf")])
def test_logits_that_are_no_numbers_are_an_error(bad: float) -> None:
    with pytest.raises(ValueError, match="largest logit"):
        Sampler(Sampling()).sample(logits(bad, bad))
