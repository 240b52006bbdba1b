"""Answers keep to a grammar, guessed ahead or not, and end where it ends."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.constraint import END_HERE, RuleConstraint, mask_of
from fakes.engine_harness import Harness
from jimae.engine.sampler import Sampler, allowed_tokens
from jimae.errors import JimaeError
from jimae.llama.fake import END, SIZE, FakeModel
from jimae.types import Sampling


def letters(place: list[int]) -> range | frozenset[int]:
    """Ten small letters; then nothing."""
    return range(97, 123) if len(place) < 10 else END_HERE


def digits_or_end(place: list[int]) -> list[int]:
    """A digit after each letter; the answer may end after a digit."""
    return [*range(48, 58)] if len(place) % 2 else [*range(97, 123), END]


def test_an_answer_ends_where_its_grammar_does() -> None:
    h = Harness()
    name = h.submit("question", max_tokens=50, constraint=RuleConstraint(letters))
    h.run()
    assert len(h.tokens(name)) == 10
    assert h.done(name).finish_reason == "stop"
    assert h.done(name).usage.completion_tokens == 10


def test_an_answer_that_is_whole_has_not_been_cut() -> None:
    h = Harness()
    name = h.submit("question", max_tokens=10, constraint=RuleConstraint(letters))
    h.run()
    assert h.done(name).finish_reason == "stop"
    name = h.submit("question", max_tokens=9, constraint=RuleConstraint(letters))
    h.run()
    assert h.done(name).finish_reason == "length"


def test_the_model_may_end_an_answer_only_where_the_grammar_lets_it() -> None:
    h = Harness(end_every=3)
    names = [
        h.submit(f"question {i}", max_tokens=40, constraint=RuleConstraint(digits_or_end))
        for i in range(8)
    ]
    h.run()
    texts = [h.text(n) for n in names]
    assert {h.done(n).finish_reason for n in names} == {"stop"}
    assert len({len(t) for t in texts}) > 1
    for text in texts:
        assert len(text) % 2 == 0
        assert all(c.isalpha() for c in text[::2])
        assert all(c.isdigit() for c in text[1::2])


def test_a_place_where_nothing_fits_fails_that_answer_alone() -> None:
    h = Harness()
    stuck = h.submit(
        "one", constraint=RuleConstraint(lambda place: range(97, 123) if len(place) < 3 else ())
    )
    other = h.submit("two", max_tokens=6)
    h.run()
    assert h.failed(stuck).code == "grammar_dead_end"
    assert len(h.tokens(stuck)) == 3
    assert h.done(other).usage.completion_tokens == 6
    assert h.engine.cache.cells_pinned == 0


def test_a_grammar_that_fails_fails_that_answer_alone() -> None:
    class Broken(RuleConstraint):
        def masks(self) -> list[None]:
            raise JimaeError("grammar_dead_end")

    h = Harness()
    broken = h.submit("one", constraint=Broken(letters))
    other = h.submit("two", max_tokens=6)
    h.run()
    assert h.failed(broken).code == "grammar_dead_end"
    assert h.done(other).usage.completion_tokens == 6


def test_a_step_that_is_aborted_asks_again() -> None:
    h = Harness()
    name = h.submit("question", max_tokens=50, constraint=RuleConstraint(letters))
    for step in range(8):
        if step % 2:
            h.model.abort()
        h.step()
    h.engine.pause(name)
    h.engine.cache.clear()
    h.run()
    assert len(h.tokens(name)) == 10


def test_a_sequence_with_a_grammar_shares_a_prompt_like_any_other() -> None:
    h = Harness()
    prompt = "a system prompt that everybody shares, long enough to wait for. " * 3
    names = [h.submit(prompt, constraint=RuleConstraint(letters)) for _ in range(3)]
    h.run()
    assert [h.done(n).usage.cached_tokens for n in names] == [0, len(prompt) - 1, len(prompt) - 1]


# --- the sampler ----------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.sets(st.integers(0, SIZE - 1)))
def test_a_mask_is_read_bit_by_bit(tokens: set[int]) -> None:
    mask = mask_of(tokens)
    assert mask is not None
    assert set(allowed_tokens(mask, SIZE)) == tokens


@settings(max_examples=25, deadline=None)
@given(
    st.sets(st.integers(0, SIZE - 1), min_size=1, max_size=20),
    st.sampled_from([0, 2, 50]),
    st.sampled_from([0.3, 1.0]),
    st.integers(0, 1000),
)
def test_sampling_under_a_mask_is_sampling_without_the_others(
    tokens: set[int], top_k: int, top_p: float, seed: int
) -> None:
    """The same tokens are drawn as from logits of -inf elsewhere."""
    values = np.random.default_rng(seed).normal(0, 3, SIZE).astype(np.float32)
    banned = np.full(SIZE, -np.inf, dtype=np.float32)
    banned[sorted(tokens)] = values[sorted(tokens)]
    sampling = Sampling(top_k=top_k, top_p=top_p, seed=seed, frequency_penalty=0.3)
    one, other = Sampler(sampling), Sampler(sampling)
    drawn = [one.sample(values.copy(), mask_of(tokens)) for _ in range(50)]
    assert drawn == [other.sample(banned.copy()) for _ in range(50)]


def test_a_bias_does_not_pass_the_mask() -> None:
    sampler = Sampler(Sampling(temperature=0.0, logit_bias={7: 100.0}))
    assert sampler.sample(np.zeros(SIZE, dtype=np.float32), mask_of([3, 4])) == 3


def test_a_ban_of_all_that_is_allowed_is_a_dead_end() -> None:
    sampler = Sampler(Sampling(logit_bias={7: -np.inf}))
    with pytest.raises(JimaeError) as caught:
        sampler.sample(np.zeros(SIZE, dtype=np.float32), mask_of([7]))
    assert caught.value.code == "grammar_dead_end"


def test_broken_logits_are_not_taken_for_a_dead_end() -> None:
    with pytest.raises(ValueError, match="largest logit"):
        Sampler(Sampling()).sample(np.full(SIZE, -np.inf, dtype=np.float32), mask_of([7]))


# --- with drafts ----------------------------------------------------------------------------


class Copying(FakeModel):
    """Answers with its own prompt again and again."""

    def next_token(self, tokens: list[int]) -> int:
        return tokens[-40] if len(tokens) >= 40 else 97


def now_and_then(place: list[int]) -> list[int] | None:
    """Every twentieth token is one of three; after a while all are one of two."""
    if len(place) > 70:
        return [110, 111]
    return [100, 101, 102] if len(place) % 20 == 19 else None


def answer(*, cheap: bool, sampling: Sampling, n: int = 80, seed: int = 3) -> tuple[Harness, str]:
    h = Harness(model=Copying(n_cells=2048))
    h.engine.cost.predict = (  # type: ignore[method-assign]
        (lambda tokens, pairs, rows: 1.0) if cheap else (lambda tokens, pairs, rows: float(tokens))
    )
    rng = random.Random(seed)  # noqa: S311
    prompt = [rng.randrange(97, 120) for _ in range(40)]
    constraint = RuleConstraint(now_and_then)
    name = h.submit(prompt, max_tokens=n, sampling=sampling, constraint=constraint)
    h.run()
    assert constraint.accepted == h.tokens(name)
    return h, name


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50))
def test_an_answer_in_a_grammar_is_the_same_with_and_without_drafts(seed: int) -> None:
    drafted = 0
    for sampling in (Sampling(temperature=0.0), Sampling(temperature=1.0, seed=seed)):
        plain, one = answer(cheap=False, sampling=sampling, seed=seed)
        fast, other = answer(cheap=True, sampling=sampling, seed=seed)
        assert plain.tokens(one) == fast.tokens(other)
        assert plain.engine.status().tokens_drafted == 0
        drafted += fast.engine.status().tokens_drafted
    assert drafted > 0


def test_a_grammar_cuts_a_draft_to_what_it_allows() -> None:
    """What is drafted is confirmed to the last where the model goes on by the grammar."""
    h, name = answer(cheap=True, sampling=Sampling(temperature=0.0))
    plain, _ = answer(cheap=False, sampling=Sampling(temperature=0.0))
    assert h.engine.status().steps < plain.engine.status().steps
    assert all(100 <= token <= 102 for token in h.tokens(name)[19:71:20])
    assert set(h.tokens(name)[71:]) <= {110, 111}


def test_drafts_leave_the_distribution_within_a_grammar_as_it_is() -> None:
    """Chi-square of a constrained token over many seeds, drafted and not."""
    counts: list[Counter[int]] = []
    drafted = 0
    for cheap in (False, True):
        seen: Counter[int] = Counter()
        for seed in range(120):
            sampling = Sampling(
                temperature=1.0, seed=seed + 10_000 * cheap, logit_bias={END: -100.0}
            )
            h, name = answer(cheap=cheap, sampling=sampling, n=20)
            seen[h.tokens(name)[19]] += 1
            drafted += h.engine.status().tokens_drafted
        counts.append(seen)
    assert drafted > 500
    a, b = counts
    assert set(a) | set(b) == {100, 101, 102}
    chi = sum((a[k] - b[k]) ** 2 / (a[k] + b[k]) for k in set(a) | set(b))
    assert chi < 19  # two degrees of freedom: p < 0.0001


def test_an_aborted_step_waits_for_its_masks_before_others_are_drafted() -> None:
    """The constraint of the tests refuses to confirm a draft while it computes masks."""
    whole, name = answer(cheap=True, sampling=Sampling(temperature=0.0))
    h = Harness(model=Copying(n_cells=2048))
    h.engine.cost.predict = lambda tokens, pairs, rows: 1.0  # type: ignore[method-assign]
    rng = random.Random(3)  # noqa: S311
    prompt = [rng.randrange(97, 120) for _ in range(40)]
    other = h.submit(prompt, max_tokens=80, constraint=RuleConstraint(now_and_then))
    while h.engine.busy:
        h.model.abort()
        h.step()
        h.step()
    assert h.tokens(other) == whole.tokens(name)
