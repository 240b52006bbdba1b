"""Guessed tokens change how fast an answer comes, never what it says."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine_harness import Harness
from jimae.engine.speculation import CONFIDENT_RUN, MAX_DRAFT, PromptLookup, draft_length
from jimae.llama.fake import END, FakeModel
from jimae.types import Sampling


def test_a_repeated_passage_is_followed_once_it_is_sure() -> None:
    passage = list(range(100, 160))
    tokens = [*passage, 1, 2]
    lookup = PromptLookup(tokens)
    drafted_at = None
    for index, token in enumerate(passage):
        tokens.append(token)
        draft = lookup.draft()
        if draft and drafted_at is None:
            drafted_at = index + 1
            assert draft == [*passage, 1, 2, *passage[: index + 1]][index + 1 :][:MAX_DRAFT]
    assert drafted_at == CONFIDENT_RUN


def test_a_place_that_was_wrong_is_left() -> None:
    tokens = [*range(100, 130), 5, *range(100, 115)]
    lookup = PromptLookup(tokens)
    assert lookup.draft()
    before = lookup.acceptance.probability
    tokens.append(6)
    assert lookup.draft() == []
    assert lookup.acceptance.probability < before


def following(right: int) -> PromptLookup:
    """A place that has been right for so many tokens, drafted or not."""
    passage = list(range(100, 100 + right + MAX_DRAFT))
    tokens = [*passage, 1]
    lookup = PromptLookup(tokens)
    tokens += passage[:right]
    lookup.draft()
    return lookup


def test_nothing_is_drafted_where_a_larger_step_costs_what_it_holds() -> None:
    assert draft_length(48, float, 1, lambda n: 0.04 * n) == 0


def test_a_free_step_is_filled() -> None:
    assert draft_length(48, following(200).acceptance.expected, 1, lambda _: 0.04) == 48
    assert draft_length(7, following(200).acceptance.expected, 1, lambda _: 0.04) == 7


def test_an_unsure_place_gets_a_short_draft() -> None:
    def length(right: int) -> int:
        return draft_length(48, following(right).acceptance.expected, 1, lambda n: 0.04 + 0.002 * n)

    assert 0 < length(CONFIDENT_RUN) < length(200)


def test_drafts_that_keep_less_than_they_promise_end() -> None:
    lookup = following(200)
    before = lookup.acceptance.expected(48)
    assert 30 < before <= 48
    for _ in range(6):
        lookup.acceptance.learn(48, 8)
    assert 8 <= lookup.acceptance.expected(48) < 0.3 * before
    for _ in range(12):
        lookup.acceptance.learn(48, 48)
    assert lookup.acceptance.expected(48) > 0.9 * before


class Copying(FakeModel):
    """Answers with its own prompt again and again, with an error now and then."""

    errors = 0

    def next_token(self, tokens: list[int]) -> int:
        token = tokens[-40] if len(tokens) >= 40 else 97
        wrong = self.errors and (sum(tokens) % self.errors == 0)
        return 98 + token % 20 if wrong else token


def answer(*, cheap: bool, errors: int, sampling: Sampling, n: int = 120) -> tuple[Harness, str]:
    model = Copying(n_cells=2048)
    model.errors = errors
    h = Harness(model=model)
    h.engine.cost.predict = (  # type: ignore[method-assign]
        (lambda tokens, pairs, rows: 1.0) if cheap else (lambda tokens, pairs, rows: float(tokens))
    )
    rng = random.Random(3)  # noqa: S311
    name = h.submit([rng.randrange(97, 120) for _ in range(40)], max_tokens=n, sampling=sampling)
    h.run()
    return h, name


@settings(max_examples=10, deadline=None)
@given(st.sampled_from([0, 7, 23, 61]), st.integers(0, 5))
def test_an_answer_is_the_same_with_and_without_drafts(errors: int, seed: int) -> None:
    for sampling in (Sampling(temperature=0.0), Sampling(temperature=2.0, seed=seed)):
        plain, one = answer(cheap=False, errors=errors, sampling=sampling)
        fast, other = answer(cheap=True, errors=errors, sampling=sampling)
        assert plain.tokens(one) == fast.tokens(other)
        assert plain.engine.status().tokens_drafted == 0
        assert plain.done(one).usage == fast.done(other).usage


def test_a_copied_text_takes_far_fewer_steps() -> None:
    h, name = answer(cheap=True, errors=0, sampling=Sampling(temperature=0.0))
    status = h.engine.status()
    assert len(h.tokens(name)) == 120
    assert status.steps < 40
    assert status.tokens_confirmed == status.tokens_drafted > 80


def test_drafts_leave_the_distribution_as_it_is() -> None:
    """Chi-square of whether a token repeats over many seeds, drafted and not."""
    counts: list[Counter[int]] = []
    for cheap in (False, True):
        seen: Counter[int] = Counter()
        for seed in range(120):
            # Seeds differ between the two, so that equality is not by construction.
            sampling = Sampling(
                temperature=4.0, seed=seed + 10_000 * cheap, logit_bias={END: -100.0}
            )
            h, name = answer(cheap=cheap, errors=0, sampling=sampling, n=12)
            seen[int(h.tokens(name)[11] == h.tokens(name)[10])] += 1
        counts.append(seen)
    a, b = counts
    chi = sum((a[k] - b[k]) ** 2 / (a[k] + b[k]) for k in set(a) | set(b) if a[k] + b[k])
    assert chi < 15  # one degree of freedom: p < 0.0001


def test_nothing_is_drafted_past_max_tokens_or_a_full_cache() -> None:
    h = Harness(model=Copying(n_cells=130))
    h.engine.cost.predict = lambda tokens, pairs, rows: 1.0  # type: ignore[method-assign]
    rng = random.Random(3)  # noqa: S311
    prompt = [rng.randrange(97, 120) for _ in range(40)]
    names = [h.submit(prompt, max_tokens=50, user=f"u{i}") for i in range(2)]
    h.run()
    assert [len(h.tokens(name)) for name in names] == [50, 50]


# --- a prediction -----------------------------------------------------------------------


def test_a_prediction_is_drafted_from_the_first_token_on() -> None:
    prediction = [*range(200, 240)]
    tokens = [1, 2, 3]
    lookup = PromptLookup(tokens, 3, prediction)
    assert lookup.draft() == prediction
    tokens += prediction[:5]
    assert lookup.draft() == prediction[5:]


def test_a_prediction_is_found_again_behind_what_differs() -> None:
    prediction = [*range(200, 240)]
    tokens = [1, 2, 3]
    lookup = PromptLookup(tokens, 3, prediction)
    tokens += [200, 201, 9, 9, 9, 210, 211, 212]
    assert lookup.draft() == prediction[13:]


def test_a_prediction_goes_before_the_same_words_of_the_prompt() -> None:
    passage = [*range(200, 240)]
    tokens = [*passage, 7, 8]
    lookup = PromptLookup(tokens, len(tokens), [*passage[:20], 99])
    tokens += [1, *passage[3:6]]
    assert lookup.draft() == [*passage[6:20], 99]


@given(
    st.lists(st.integers(0, 3), max_size=30),
    st.lists(st.integers(0, 3), max_size=30),
    st.lists(st.integers(0, 3), max_size=60),
)
def test_nothing_is_drafted_that_is_no_token(
    prompt: list[int], prediction: list[int], answer: list[int]
) -> None:
    tokens = list(prompt)
    lookup = PromptLookup(tokens, len(prompt), prediction)
    for token in answer:
        tokens.append(token)
        assert all(drafted >= 0 for drafted in lookup.draft())
        assert 0.0 < lookup.acceptance.probability <= 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 40), st.integers(0, 3))
def test_an_answer_is_the_same_with_any_prediction(wrong_from: int, seed: int) -> None:
    prompt = "what will come of this?"
    sampling = Sampling(temperature=0.7, seed=seed)
    plain = Harness()
    one = plain.submit(prompt, max_tokens=40, sampling=sampling)
    plain.run()
    said = plain.tokens(one)
    prediction = (*said[:wrong_from], 5, *said[wrong_from + 1 :])
    h = Harness()
    h.engine.cost.predict = lambda tokens, pairs, rows: 1.0  # type: ignore[method-assign]
    name = h.submit(prompt, max_tokens=40, sampling=sampling, prediction=prediction)
    steps = h.run()
    assert h.tokens(name) == said
    assert h.engine.status().tokens_confirmed > 20
    assert steps < 20
