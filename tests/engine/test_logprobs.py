"""Log probabilities: of the model's own distribution, whatever is done to it afterwards."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.constraint import RuleConstraint
from fakes.engine_harness import Harness
from jimae.engine.logprobs import LogProbs
from jimae.llama.fake import SIZE, SYSTEM_MARK, FakeModel, FakeVocab
from jimae.llama.model import Logits
from jimae.types import Outputs, PromptLogprobs, Sampling, TokenLogprob

Row = np.ndarray[tuple[int], np.dtype[np.float64]]


class Noisy(FakeModel):
    """Gives every token a number of its own after every text."""

    def logits(self, tokens: Sequence[int]) -> Logits:
        seed = zlib.crc32(np.asarray(tokens, dtype=np.int32).tobytes())
        return np.random.default_rng(seed).normal(0, 4, SIZE).astype(np.float32)


def log_softmax(logits: Logits) -> Row:
    """By definition."""
    exact = logits.astype(np.float64)
    shifted: Row = exact - exact.max()
    return shifted - np.log(np.exp(shifted).sum())


Told = tuple[int, float | None, list[tuple[int, float]]]
"""A token, its log probability, the most likely ones with theirs."""


def by_definition(model: FakeModel, tokens: list[int], most: int, start: int = 1) -> list[Told]:
    """What is to be told of the tokens from `start` on."""
    told: list[Told] = []
    for place in range(start, len(tokens)):
        row = log_softmax(model.logits(tokens[:place]))
        best = sorted(range(SIZE), key=lambda t: (-row[t], t))[:most]
        told.append((tokens[place], float(row[tokens[place]]), [(t, float(row[t])) for t in best]))
    return told


def assert_same(told: Sequence[TokenLogprob], expected: Sequence[Told]) -> None:
    got: list[Told] = [(t.token, t.logprob, [(top, p) for top, _, p in t.top]) for t in told]
    assert [(token, [t for t, _ in top]) for token, _, top in got] == [
        (token, [t for t, _ in top]) for token, _, top in expected
    ]
    assert [p for _, p, _ in got] == pytest.approx([p for _, p, _ in expected], abs=1e-9)
    for (_, _, top), (_, _, other) in zip(got, expected, strict=True):
        assert [p for _, p in top] == pytest.approx([p for _, p in other], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-60, 60, width=32), min_size=SIZE, max_size=SIZE),
    st.integers(0, SIZE - 1),
    st.sampled_from([0, 1, 5, 20, SIZE]),
)
def test_a_log_probability_is_a_log_softmax(values: list[float], token: int, most: int) -> None:
    row = np.array(values, dtype=np.float32)
    told = LogProbs(FakeVocab()).of(row, token, most)
    expected = log_softmax(row)
    assert told.logprob == pytest.approx(expected[token], abs=1e-12)
    order = sorted(range(SIZE), key=lambda t: (-row[t], t))[:most]
    assert [t for t, _, _ in told.top] == order
    assert [p for _, _, p in told.top] == pytest.approx(expected[order].tolist(), abs=1e-12)


def test_bytes_of_special_tokens_are_told() -> None:
    told = LogProbs(FakeVocab()).of(np.zeros(SIZE, dtype=np.float32), SYSTEM_MARK, 2)
    assert told.piece == b"<|mark|>"
    assert [piece for _, piece, _ in told.top] == [b"\x00", b"\x01"]


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_logits_that_are_no_numbers_are_an_error(bad: float) -> None:
    with pytest.raises(ValueError, match="largest logit"):
        LogProbs(FakeVocab()).of(np.full(SIZE, bad, dtype=np.float32), 1, 2)


def test_nothing_that_is_done_to_logits_changes_what_is_told() -> None:
    sampling = Sampling(
        temperature=1.7, top_p=0.9, seed=3, presence_penalty=1.5, logit_bias={98: 9.0, 99: 9.0}
    )
    h = Harness(model=Noisy())
    name = h.submit(
        "question",
        max_tokens=20,
        sampling=sampling,
        outputs=Outputs(logprobs=3),
        constraint=RuleConstraint(lambda _: range(90, 256)),
    )
    h.run()
    whole = [*b"question", *h.tokens(name)]
    assert len(whole) == 8 + 20
    assert_same(h.logprobs(name), by_definition(h.model, whole, 3, start=8))


def test_none_are_told_unless_asked_for() -> None:
    h = Harness()
    name = h.submit("question")
    h.run()
    assert h.logprobs(name) == []
    assert h.prompt_logprobs(name) == []


def test_the_choice_is_the_same_with_and_without_them() -> None:
    answers = []
    for outputs in (Outputs(), Outputs(logprobs=0), Outputs(logprobs=5)):
        h = Harness(model=Noisy())
        sampling = Sampling(seed=5, presence_penalty=2.0)
        name = h.submit("question", max_tokens=20, sampling=sampling, outputs=outputs)
        h.run()
        answers.append(h.tokens(name))
    assert answers[0] == answers[1] == answers[2]


# --- of the prompt -----------------------------------------------------------------------


def scored(
    prompt: list[int], most: int = 2, *, rows: int = 128, batch: int = 128, next_token: bool = False
) -> tuple[Harness, str]:
    model = Noisy(n_batch=batch)
    model.n_outputs = rows
    h = Harness(model=model)
    outputs = Outputs(next_token=next_token, prompt_logprobs=most)
    name = h.submit(prompt, max_tokens=1, outputs=outputs)
    h.run()
    return h, name


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=70),
    st.integers(33, 128),
    st.sampled_from([16, 40, 128]),
    st.booleans(),
)
def test_a_prompt_is_told_the_same_in_whatever_chunks_it_is_read(
    prompt: list[int], rows: int, batch: int, next_token: bool
) -> None:
    h, name = scored(prompt, rows=rows, batch=batch, next_token=next_token)
    first, *rest = h.prompt_logprobs(name)
    assert (first.token, first.logprob, first.top) == (prompt[0], None, ())
    assert_same(rest, by_definition(h.model, prompt, 2))


def test_rows_bound_a_step_of_scored_prompts() -> None:
    model = Noisy()
    model.n_outputs = 40
    h = Harness(model=model, parallel=8)
    prompts = [[i, *range(100)] for i in range(6)]
    names = [h.submit(p, outputs=Outputs(prompt_logprobs=0), user=f"u{p[0]}") for p in prompts]
    h.run()  # the fake refuses more outputs than there are
    for name, prompt in zip(names, prompts, strict=True):
        assert_same(h.prompt_logprobs(name)[1:], by_definition(model, prompt, 0))
        assert len(h.tokens(name)) == 8


def test_a_prompt_alone_ends_without_a_token() -> None:
    h, name = scored([*range(50)])
    done = h.done(name)
    assert h.tokens(name) == []
    assert (done.finish_reason, done.usage.prompt_tokens, done.usage.completion_tokens) == (
        "length",
        50,
        0,
    )
    assert h.engine.cache.cells_pinned == 0


def test_the_first_token_after_a_scored_prompt_is_the_same() -> None:
    prompt = [*range(70)]
    h, name = scored(prompt, next_token=True)
    assert h.tokens(name) == [int(h.model.logits(prompt).argmax())]
    kinds = [type(e) for e in h.events[name]]
    last_told = max(i for i, kind in enumerate(kinds) if kind is PromptLogprobs)
    assert "Delta" not in [kind.__name__ for kind in kinds[:last_told]]


def test_a_scored_prompt_reuses_nothing_but_may_be_reused() -> None:
    h = Harness()
    prompt = [*range(100)]
    h.submit(prompt)
    h.run()
    name = h.submit(prompt, outputs=Outputs(prompt_logprobs=0))
    h.run()
    assert h.done(name).usage.cached_tokens == 0
    assert len(h.prompt_logprobs(name)) == 100
    after = h.submit(prompt)
    h.run()
    assert h.done(after).usage.cached_tokens == 99


def test_a_pause_tells_nothing_twice() -> None:
    h = Harness(model=Noisy(n_batch=32))
    prompt = [*range(120)]
    name = h.submit(prompt, max_tokens=4, outputs=Outputs(prompt_logprobs=1, logprobs=1))
    for step in range(12):
        h.step()
        if step % 2 and h.engine.status().running:
            h.engine.pause(name)
            h.engine.cache.clear()
    h.run()
    assert_same(h.prompt_logprobs(name)[1:], by_definition(h.model, prompt, 1))
    assert len(h.tokens(name)) == 4
    assert_same(h.logprobs(name), by_definition(h.model, prompt + h.tokens(name), 1, start=120))
