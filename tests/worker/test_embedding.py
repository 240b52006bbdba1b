"""Whose prompts are read next, and what becomes of them. No weights."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.embedder import FakeEmbedder
from jimae.errors import JimaeError
from jimae.llama.embedder import Limits
from jimae.llama.model import NoRoomError
from jimae.types import (
    Done,
    Embedded,
    Event,
    Failed,
    GenerateRequest,
    Outputs,
    Principal,
    Priority,
    Queued,
    Started,
    TokenPrompt,
)
from jimae.worker import embedding
from jimae.worker.embedding import Embedding

PIECES = Limits(prompt=100, batch=16, cells=120, sequences=4, whole=False)
WHOLE = Limits(prompt=16, batch=16, cells=16, sequences=4, whole=True)


class Steps:
    """An `Embedding` on a fake, stepped by hand."""

    def __init__(self, limits: Limits = PIECES) -> None:
        self.embedder = FakeEmbedder(limits)
        self.made = 0
        self.events: dict[str, list[Event]] = defaultdict(list)
        self.ended: list[str] = []
        self.core = Embedding(self._make, self._emit)

    def _make(self) -> FakeEmbedder:
        self.made += 1
        return self.embedder

    def _emit(self, name: str, event: Event) -> None:
        self.events[name].append(event)
        if isinstance(event, Done | Failed):
            self.ended.append(name)

    def submit(
        self, name: str, tokens: int, user: str = "a", priority: Priority = "interactive"
    ) -> None:
        request = GenerateRequest(
            name,
            Principal(user, user, priority),
            TokenPrompt(tuple(range(tokens))),
            outputs=Outputs(next_token=False, embedding=True),
        )
        self.core.submit(request, list(range(tokens)))

    def run(self) -> None:
        while self.core.busy:
            self.core.step()

    def vector(self, name: str) -> list[float]:
        embedded = self.events[name][-2]
        assert isinstance(embedded, Embedded)
        return [float(x) for x in np.frombuffer(embedded.data, "<f4")]


def test_a_vector_has_length_one() -> None:
    steps = Steps()
    steps.submit("a", 4)
    steps.run()
    started, embedded, done = steps.events["a"]
    assert started == Started(4, 0)
    assert isinstance(embedded, Embedded)
    assert isinstance(done, Done)
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (4, 0)
    length = (4**2 + 6**2) ** 0.5
    assert steps.vector("a") == pytest.approx([4 / length, 6 / length, 0])


def test_nothing_is_made_before_somebody_asks_and_then_once() -> None:
    steps = Steps()
    assert steps.made == 0
    for name in "abc":
        steps.submit(name, 5)
        steps.run()
    assert steps.made == 1


def test_several_prompts_are_read_in_one_batch() -> None:
    steps = Steps()
    for name in "abcd":
        steps.submit(name, 4)
    steps.run()
    assert [len(batch) for batch in steps.embedder.batches] == [4]


def test_who_was_served_least_goes_first() -> None:
    steps = Steps()
    for number in range(6):
        steps.submit(f"many{number}", 16, user="many")
    steps.core.step()
    steps.submit("few", 16, user="few")
    steps.run()
    # Four were given a sequence before "few" came; of those who wait it is the first.
    assert steps.ended.index("few") <= 4


def test_people_go_before_batches() -> None:
    steps = Steps(WHOLE)
    steps.submit("batch", 16, priority="batch")
    steps.submit("person", 16)
    steps.run()
    assert steps.ended == ["person", "batch"]


def test_a_long_prompt_is_not_overtaken_for_ever() -> None:
    steps = Steps()
    steps.submit("first", 60)
    steps.submit("long", 100)
    for number in range(5):
        steps.submit(f"short{number}", 10)
    steps.run()
    assert steps.ended[:2] == ["first", "long"]


def test_a_prompt_that_has_to_be_whole_is_never_cut() -> None:
    steps = Steps(WHOLE)
    for name, tokens in (("a", 10), ("b", 10), ("c", 6)):
        steps.submit(name, tokens)
    steps.run()
    assert steps.ended == ["a", "b", "c"]
    assert all(piece.start == 0 for batch in steps.embedder.batches for piece in batch)


def test_too_long_is_an_error_with_both_counts() -> None:
    steps = Steps()
    with pytest.raises(JimaeError, match="has 101 tokens; this model takes at most 100") as caught:
        steps.submit("a", 101)
    assert caught.value.values["excess"] == 1
    assert not steps.core.busy


def test_who_waits_is_told_and_the_queue_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "MAX_WAITING", 2)
    steps = Steps()
    steps.submit("a", 5)
    steps.submit("b", 5)
    assert steps.events["b"] == [Queued(2)]
    with pytest.raises(JimaeError, match="2 requests are already waiting"):
        steps.submit("c", 5)


def test_a_cancelled_request_says_nothing_more_and_frees_its_place() -> None:
    steps = Steps()
    steps.submit("reading", 90)
    steps.core.step()
    steps.submit("waiting", 90)
    steps.core.cancel("waiting")
    steps.core.cancel("reading")
    steps.core.cancel("unknown")
    assert not steps.core.busy
    assert steps.embedder.empty
    assert steps.ended == []
    steps.submit("next", 100)
    steps.run()
    assert steps.ended == ["next"]


def test_a_batch_that_fails_ends_those_in_it_and_no_other() -> None:
    steps = Steps(WHOLE)
    steps.submit("a", 10)
    steps.submit("b", 10)
    for error in (NoRoomError(), None):
        steps.embedder.error = error
        steps.core.step()
    assert isinstance(steps.events["a"][-1], Failed)
    assert isinstance(steps.events["b"][-1], Done)
    assert steps.embedder.empty


def test_memory_that_is_not_there_is_told_and_asked_for_again() -> None:
    def none() -> FakeEmbedder:
        raise JimaeError("embedding_no_room", model="m", need="1 GB", free="0")

    core = Embedding(none, lambda *_: None)
    request = GenerateRequest("a", Principal("a", "a"), TokenPrompt((1,)))
    for _ in range(2):
        with pytest.raises(JimaeError, match="1 GB"):
            core.submit(request, [1])
    assert not core.busy


@given(
    st.sampled_from([PIECES, WHOLE]),
    st.lists(
        st.tuples(st.integers(1, 100), st.sampled_from("abc"), st.integers(0, 3)), max_size=30
    ),
)
def test_everybody_gets_the_vector_of_their_own_prompt(
    limits: Limits, asked: list[tuple[int, str, int]]
) -> None:
    steps = Steps(limits)
    expected = {}
    for number, (tokens, user, steps_between) in enumerate(asked):
        tokens = min(tokens, limits.prompt)
        steps.submit(str(number), tokens, user)
        total = tokens * (tokens - 1) / 2
        expected[str(number)] = [tokens, total] / np.hypot(tokens, total)
        for _ in range(steps_between):
            if steps.core.busy:
                steps.core.step()
    steps.run()
    assert sorted(steps.ended) == sorted(expected)
    for name, vector in expected.items():
        assert steps.vector(name)[:2] == pytest.approx(vector)
    assert steps.embedder.empty
