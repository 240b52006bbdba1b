"""A draft model changes how fast an answer comes, never what it says, and only while it pays."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.constraint import RuleConstraint
from fakes.drafting import Clock, Draft, Timed, eager
from fakes.engine_harness import Harness, alone
from jimae.engine.acceptance import Acceptance
from jimae.engine.draft_cells import COMPARED, DraftCells
from jimae.engine.drafter import READY
from jimae.llama.fake import END, SIZE, FakeModel
from jimae.llama.model import Logits, Slice
from jimae.types import Outputs, Sampling

PROMPT = "a question of some length"


# --- the same answers -------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 100), st.integers(1, 5), st.integers(0, 40), st.booleans())
def test_an_answer_is_the_same_with_and_without(
    percent: int, users: int, end_every: int, sampled: bool
) -> None:
    sampling = Sampling(temperature=2.0, seed=percent) if sampled else Sampling(temperature=0.0)
    answers = []
    for h in (Harness(end_every=end_every), eager(Draft(percent), end_every=end_every)):
        names = [
            h.submit(f"{i} {PROMPT}", user=f"u{i}", max_tokens=40, sampling=sampling)
            for i in range(users)
        ]
        h.run()
        answers.append([(h.tokens(name), h.done(name).usage) for name in names])
    assert answers[0] == answers[1]


def test_a_draft_model_that_is_right_saves_steps() -> None:
    h = eager(Draft(100))
    name = h.submit(PROMPT, max_tokens=100)
    steps = h.run()
    assert len(h.tokens(name)) == 100
    assert steps < 25
    status = h.engine.status()
    assert status.tokens_confirmed == status.tokens_drafted > 80


def test_all_who_write_are_drafted_for_in_one_batch() -> None:
    draft = Draft(100)
    h = eager(draft)
    for i in range(4):
        h.submit(f"{i} {PROMPT}", user=f"u{i}", max_tokens=200)
    while not all(len(h.tokens(f"r{i + 1}")) > 60 for i in range(4)):
        h.step()
    assert [len(batch) for batch in draft.decodes[-8:]] == [4] * 8


class Uneven(FakeModel):
    """Four letters, always with the same probabilities."""

    LOGITS = (2.0, 1.0, 0.0, -1.0)

    def logits(self, tokens: Sequence[int]) -> Logits:
        logits = super().logits(tokens)
        logits[:] = -math.inf
        logits[97:101] = self.LOGITS
        return logits


def test_drafts_leave_the_distribution_as_it_is() -> None:
    """Chi-square of single letters and of pairs against what they should be."""
    h = eager(Uneven(), model=Uneven())
    names = [
        h.submit(f"{i}", user=f"u{i}", max_tokens=400, sampling=Sampling(temperature=1.0, seed=i))
        for i in range(2)
    ]
    h.run()
    status = h.engine.status()
    assert 100 < status.tokens_confirmed < status.tokens_drafted - 100
    weights = [math.exp(logit) for logit in Uneven.LOGITS]
    p = {97 + i: weight / sum(weights) for i, weight in enumerate(weights)}
    letters = Counter(t for name in names for t in h.tokens(name))
    pairs = Counter(pair for name in names for pair in itertools.pairwise(h.tokens(name)))
    chi = sum((letters[a] - p[a] * letters.total()) ** 2 / (p[a] * letters.total()) for a in p)
    assert chi < 21.1  # three degrees of freedom: p < 0.0001
    chi = sum(
        (pairs[a, b] - p[a] * p[b] * pairs.total()) ** 2 / (p[a] * p[b] * pairs.total())
        for a, b in itertools.product(p, p)
    )
    assert chi < 45  # fifteen degrees of freedom: p < 0.0001


def now_and_then(place: list[int]) -> list[int] | None:
    """Every sixth token is one of three, which nobody would say; then the answer ends."""
    if len(place) >= 50:
        return [END]
    return [65, 66, 67] if len(place) % 6 == 5 else None


@pytest.mark.parametrize("temperature", [0.0, 2.0])
def test_a_grammar_cuts_drafts(temperature: float) -> None:
    answers = []
    for h in (Harness(), eager(Draft(90))):
        constraint = RuleConstraint(now_and_then)
        sampling = Sampling(temperature=temperature, seed=3, logit_bias={END: -100.0})
        name = h.submit(PROMPT, max_tokens=80, sampling=sampling, constraint=constraint)
        h.run()
        assert constraint.accepted == h.tokens(name)
        answers.append(h.tokens(name))
    assert answers[0] == answers[1]
    assert h.engine.status().tokens_drafted > 20


def test_what_a_grammar_never_lets_through_is_not_drafted_for_ever() -> None:
    """Guesses that are cut count as wrong: they cost time, too."""
    clock = Clock()
    draft = Draft(100, clock, lambda _: 0.005)
    h = Harness(model=Timed(clock, lambda _: 0.05), draft=draft, clock=clock)
    # Small letters are what the draft model guesses; what is drawn is in no order to look up.
    constraint = RuleConstraint(lambda _: range(48, 58))
    h.submit(PROMPT, max_tokens=200, sampling=Sampling(seed=1), constraint=constraint)
    began = clock.now
    h.run()
    assert h.engine.status().tokens_drafted == 0
    assert clock.now - began < 1.1 * 200 * 0.05


def test_prompt_lookup_goes_first() -> None:
    class Copying(FakeModel):
        def next_token(self, tokens: Sequence[int]) -> int:
            return tokens[-40] if len(tokens) >= 40 else 97

    draft = Draft(100)
    h = eager(draft, model=Copying(n_cells=2048))
    h.submit([97 + i * i % 23 for i in range(40)], max_tokens=200)
    steps = h.run()
    assert steps < 40
    assert sum(n for batch in draft.decodes for _, n in batch) < 300


# --- never ------------------------------------------------------------------------------


def test_a_reproducible_engine_never_asks_the_draft_model() -> None:
    draft = Draft(100)
    h = eager(draft, reproducible=True)
    before = len(draft.decodes)
    h.submit(PROMPT, max_tokens=50)
    h.run()
    assert len(draft.decodes) == before


def test_memory_that_cannot_be_cut_gets_no_drafts() -> None:
    class Recurrent(FakeModel):
        memory = "recurrent"

    draft = Draft(100)
    h = eager(draft, model=Recurrent())
    before = len(draft.decodes)
    h.submit(PROMPT, max_tokens=50)
    h.run()
    assert len(draft.decodes) == before


def test_an_answer_behind_a_scored_prompt_gets_no_drafts() -> None:
    draft = Draft(100)
    h = eager(draft)
    before = len(draft.decodes)
    name = h.submit(PROMPT, max_tokens=50, outputs=Outputs(prompt_logprobs=0))
    h.run()
    assert len(h.prompt_logprobs(name)) == len(PROMPT)
    assert len(draft.decodes) == before


def test_nothing_is_drafted_in_a_step_that_reads_a_prompt() -> None:
    draft = Draft(100)
    h = eager(draft, n_cells=4096)
    name = h.submit(PROMPT, max_tokens=500)
    while len(h.tokens(name)) < 50:
        h.step()
    h.submit([5] * 600, user="late", max_tokens=1)
    for _ in range(3):
        before = len(draft.decodes)
        h.step()
        assert sum(n for _, n in h.model.decodes[-1]) > 1 + READY  # type: ignore[attr-defined]
        assert len(draft.decodes) == before


def test_a_token_that_only_the_model_knows_ends_drafting_for_that_answer_alone() -> None:
    class Small(Draft):
        """Its vocabulary ends before the last control token."""

        def __init__(self) -> None:
            super().__init__(100)
            self.vocab.size = SIZE - 3

        def decode(self, batch: Sequence[Slice]) -> list[Logits]:
            assert all(token < SIZE - 3 for part in batch for token in part.tokens)
            return super().decode(batch)

    h = eager(Small())
    odd = h.submit([5, SIZE - 1, 7, 8, 9, 10, 11, 12, 13, 14, 15], max_tokens=60)
    other = h.submit(PROMPT, user="other", max_tokens=60)
    h.run()
    assert h.tokens(odd) == alone([5, SIZE - 1, *range(7, 16)], 60)
    assert h.tokens(other) == alone(PROMPT, 60)
    assert h.engine.status().tokens_confirmed > 40


# --- its cells --------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["submit", "step", "steps", "cancel", "pause", "abort", "forget"]),
            st.integers(0, 9),
        ),
        min_size=5,
        max_size=40,
    ),
    st.sampled_from([90, 200, 2000]),
    st.integers(0, 100),
)
def test_the_cells_are_what_the_drafter_believes(
    acts: list[tuple[str, int]], cells: int, percent: int
) -> None:
    """Whoever comes, goes, is paused or aborted, and however few cells there are: the account is
    right after every step (see `Harness.check`), and every answer is the one it would be alone."""
    draft = Draft(percent)
    draft.n_cells, draft.n_seq = cells, 8
    h = eager(draft, n_cells=400, parallel=4)
    said: dict[str, str] = {}
    for act, n in acts:
        running = [name for name in said if name in h.engine._running]
        match act:
            case "submit":
                text = f"{PROMPT} {n}" * (1 + n % 3)
                said[h.submit(text, user=f"u{n % 2}", max_tokens=10 + 5 * n)] = text
            case "step":
                h.step()
            case "steps":
                for _ in range(5):
                    h.step()
            case "cancel" if running:
                name = running[n % len(running)]
                h.engine.cancel(name)
                del said[name]
            case "pause" if running:
                h.engine.pause(running[n % len(running)])
            case "abort":
                h.model.abort()
            case "forget":
                h.engine.forget(f"u{n % 2}")
        h.check()
    h.run()
    for name, text in said.items():
        assert h.tokens(name) == alone(text, len(h.tokens(name)))
    assert h.drafter is not None
    assert h.drafter.cells.cache.cells_pinned == 0


def test_what_was_read_of_a_conversation_is_not_read_again() -> None:
    draft = Draft(100)
    h = eager(draft)
    first = h.submit(PROMPT * 10, max_tokens=40)
    h.run()
    read = sum(n for batch in draft.decodes for _, n in batch)
    h.submit([*(PROMPT * 10).encode(), *h.tokens(first), 5, 6, 7], max_tokens=20)
    h.run()
    assert sum(n for batch in draft.decodes for _, n in batch) - read < 60


def test_what_a_scope_said_is_forgotten_there_too() -> None:
    draft = Draft(100)
    h = eager(draft)
    h.submit(PROMPT, user="u1", max_tokens=40)
    h.run()
    assert draft.cells
    h.engine.forget("u1")
    assert not draft.cells


def test_a_draft_model_that_fails_ends_no_answer() -> None:
    class Broken(Draft):
        broken = False

        def decode(self, batch: Sequence[Slice]) -> list[Logits]:
            if self.broken:
                raise ValueError("broken")
            return super().decode(batch)

    draft = Broken(100)
    h = eager(draft)
    name = h.submit(PROMPT, max_tokens=100)
    while len(h.tokens(name)) < 50:
        h.step()
    draft.broken = True
    h.run()
    assert h.tokens(name) == alone(PROMPT, 100)
    assert not draft.cells


# --- only while it pays -----------------------------------------------------------------


def main_seconds(n: int) -> float:
    """More tokens cost a little more, as on a card or for a large model."""
    return 0.2 + 0.016 * n


def work_of(h: Harness, answers: int, *, prompt: int, length: int) -> None:
    """One user asks again and again, each time something else."""
    for i in range(answers):
        text = [33 + (i * 7 + j * j) % 60 for j in range(prompt)]
        h.submit(text, max_tokens=length)
        h.run()


def ratio(
    percent: int, draft_seconds: float, *, answers: int = 6, prompt: int = 40, length: int = 120
) -> float:
    """Time with a draft model to time without."""
    times = []
    for with_draft in (True, False):
        clock = Clock()
        draft = Draft(percent, clock, lambda n: draft_seconds * (0.8 + 0.2 * n))
        main = Timed(clock, main_seconds)
        h = Harness(model=main, draft=draft if with_draft else None, clock=clock)
        began = clock.now
        work_of(h, answers, prompt=prompt, length=length)
        times.append(clock.now - began)
    return times[0] / times[1]


def test_it_switches_itself_on_where_it_pays() -> None:
    assert ratio(90, 0.02) < 0.6


def test_it_switches_itself_off_where_guesses_are_wrong() -> None:
    assert ratio(10, 0.02) < 1.02


def test_it_is_off_where_drafting_is_dear() -> None:
    assert ratio(100, 0.24) < 1.02


def test_it_does_not_read_long_prompts_for_short_answers() -> None:
    assert ratio(90, 0.02, answers=40, prompt=200, length=8) < 1.02


def test_it_comes_back_when_guesses_become_right() -> None:
    clock = Clock()
    draft = Draft(10, clock, lambda n: 0.02 * (0.8 + 0.2 * n))
    h = Harness(model=Timed(clock, main_seconds), draft=draft, clock=clock)
    work_of(h, 3, prompt=40, length=120)
    off = h.engine.status().tokens_drafted
    draft.percent = 95
    work_of(h, 9, prompt=40, length=120)
    assert off < 50
    assert h.engine.status().tokens_confirmed > 300


def test_reading_in_does_not_stall_who_reads() -> None:
    """With a long prompt to read, every step still keeps to its time."""
    clock = Clock()
    draft = Draft(95, clock, lambda n: 0.01 + 0.002 * n)
    draft.n_cells = 2000
    main = Timed(clock, lambda n: 0.1 + 0.001 * n, n_cells=2000)
    h = Harness(model=main, draft=draft, clock=clock, target_itl=0.3)
    name = h.submit([33 + j * j % 60 for j in range(1200)], max_tokens=200)
    while not h.tokens(name):
        h.step()
    longest = 0.0
    while h.engine.busy:
        before = clock.now
        h.step()
        longest = max(longest, clock.now - before)
    assert longest <= 1.1 * 0.3
    assert h.engine.status().tokens_confirmed > 100


def test_what_is_read_of_an_answer_is_compared_with_what_would_be_guessed() -> None:
    """How often guesses are right is known of an answer before any of it is drafted."""
    h = Harness()
    h.submit(PROMPT, max_tokens=60)
    while h.engine.status().tokens_generated < 50:
        h.step()
    (sequence,) = h.engine._running.values()
    for percent, least, most in ((100, 1.0, 1.0), (50, 0.2, 0.8), (0, 0.0, 0.0)):
        cells = DraftCells(Draft(percent), SIZE, h.clock)
        copy = cells.follow(sequence, Acceptance(0.5, 1.0, 1.0))
        assert cells.read(copy, len(PROMPT) - 1) == []
        compared = cells.read(copy, copy.missing)
        assert compared is not None
        assert len(compared) == COMPARED
        assert least <= sum(compared) / COMPARED <= most
