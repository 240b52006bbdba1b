"""The engine on the fake model: answers, sharing, fairness, cancelling, full caches."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.constraint import RuleConstraint
from fakes.engine_harness import Harness, alone
from jimae.engine.prefix_cache import PrefixCache
from jimae.engine.radix_tree import common_prefix
from jimae.errors import JimaeError
from jimae.llama.fake import SYSTEM_MARK
from jimae.types import Delta, Done, Event, Outputs, Queued, Sampling, Started

LONG = "a system prompt that everybody shares, long enough to be worth waiting for. " * 3


def test_an_answer_ends_at_max_tokens() -> None:
    h = Harness()
    name = h.submit("question", max_tokens=5)
    h.run()
    assert h.done(name).finish_reason == "length"
    assert h.done(name).usage.completion_tokens == 5
    assert len(h.tokens(name)) == 5


def test_an_answer_ends_where_the_model_ends_it() -> None:
    h = Harness(end_every=5)
    name = h.submit("question", max_tokens=500)
    h.run()
    done = h.done(name)
    assert done.finish_reason == "stop"
    assert done.usage.completion_tokens == len(h.tokens(name)) + 1  # the end token has no text


def test_an_answer_ends_where_the_context_does() -> None:
    h = Harness(context=20)
    name = h.submit("0123456789", max_tokens=500)
    h.run()
    assert h.done(name).finish_reason == "length"
    assert len(h.tokens(name)) == 10


class Shouting:
    """Reads an answer as reasoning up to its first `X`; the second one ends it."""

    def __init__(self, *, broken: bool = False) -> None:
        self.seen = ""
        self._broken = broken

    @property
    def stopped_by(self) -> str | None:
        return "X" if self.seen.count("X") > 1 else None

    def read(self, event: Event) -> list[Event]:
        if self._broken:
            raise JimaeError("internal_error", reference="r")
        if isinstance(event, Delta):
            thought = "X" not in self.seen
            self.seen += event.text
            if thought:
                event = Delta("", event.token_ids, reasoning=event.text)
        return [event]


def saying(text: str) -> RuleConstraint:
    return RuleConstraint(lambda so_far: [text.encode()[len(so_far)]])


def test_a_reader_says_what_an_answer_is_and_where_it_ends() -> None:
    h = Harness()
    name = h.submit("q", max_tokens=50, reader=Shouting(), constraint=saying("aXbXcXdX" * 9))
    h.run()
    deltas = [event for event in h.events[name] if isinstance(event, Delta)]
    assert "".join(delta.reasoning for delta in deltas) == "aX"
    assert "".join(delta.text for delta in deltas) == "bX"
    assert h.done(name).finish_reason == "stop"
    assert h.done(name).usage.completion_tokens == 4


def test_a_reader_that_fails_ends_its_answer_and_no_other() -> None:
    h = Harness()
    failing = h.submit("q", reader=Shouting(broken=True), scope="a")
    other = h.submit("q", scope="b")
    h.run()
    assert h.failed(failing).code == "internal_error"
    assert h.done(other).finish_reason == "length"


def test_a_stop_string_ends_the_answer_before_it() -> None:
    free = Harness()
    name = free.submit("question", max_tokens=12)
    free.run()
    whole = free.text(name)
    h = Harness()
    name = h.submit("question", max_tokens=12, stop=(whole[4:6],))
    h.run()
    assert h.text(name) == whole[: whole.index(whole[4:6])]
    assert h.done(name).finish_reason == "stop"
    assert h.done(name).stop_string == whole[4:6]


def test_the_same_answer_alone_and_among_seven_others() -> None:
    h = Harness()
    names = [h.submit(f"{LONG} question {i}", user=f"u{i % 3}") for i in range(8)]
    h.run()
    for i, name in enumerate(names):
        assert h.tokens(name) == alone(f"{LONG} question {i}")


def test_a_shared_prompt_is_computed_once_even_when_all_ask_at_once() -> None:
    h = Harness()
    names = [h.submit(f"{LONG}{i}") for i in range(8)]
    h.run()
    computed = sum(n for step in h.model.decodes for _, n in step)
    assert computed <= len(LONG) + 8 * (1 + 8)
    assert [h.done(n).usage.cached_tokens for n in names] == [0] + [len(LONG)] * 7


def test_the_next_turn_reuses_the_answer() -> None:
    h = Harness()
    first = h.submit(LONG)
    h.run()
    answer = bytes(h.tokens(first)).decode()
    second = h.submit(LONG + answer + " and then?")
    h.run()
    assert h.done(second).usage.cached_tokens == len(LONG) + len(answer) - 1
    assert h.tokens(second) == alone(LONG + answer + " and then?")


def test_nothing_is_shared_across_scopes() -> None:
    h = Harness()
    h.submit(LONG, user="alice")
    h.run()
    name = h.submit(LONG, user="bob")
    h.run()
    assert h.done(name).usage.cached_tokens == 0


def test_what_nobody_wrote_is_computed_once_for_everybody() -> None:
    h = Harness()
    text = LONG[:100]
    for i, user in enumerate(("alice", "bob", "carol")):
        name = h.submit(f"{text}question of {user}", user=user, public=100)
        h.run()
        assert h.done(name).usage.cached_tokens == (100 if i else 0)
        assert h.tokens(name) == alone(f"{text}question of {user}")
    same = h.submit(f"{text}question of bob", user="alice", public=100)
    h.run()
    assert h.done(same).usage.cached_tokens == 100 + len("question of "), "her own, not his"


def test_the_same_words_of_a_person_are_not_public() -> None:
    h = Harness()
    h.submit(LONG, user="alice", public=100)
    h.run()
    for public in (0, 60):
        name = h.submit(LONG, user="bob", public=public)
        h.run()
        assert h.done(name).usage.cached_tokens == public


def test_what_is_public_stays_when_a_person_is_forgotten_and_goes_when_room_is_needed() -> None:
    h = Harness(n_cells=400)
    h.submit(LONG[:150], user="alice", public=100)
    h.run()
    h.engine.forget("alice")
    h.check()
    assert h.engine.cache.cells_used == 100
    name = h.submit(LONG[:150], user="bob", public=100)
    h.run()
    assert h.done(name).usage.cached_tokens == 100
    h.engine.forget("bob")
    big = h.submit([7] * 380, user="carol")
    h.run()
    assert h.tokens(big) == alone([7] * 380)


def test_who_asks_at_once_waits_for_public_text_that_is_worth_it() -> None:
    h = Harness(n_batch=64)
    names = [h.submit(f"{LONG}{i}", user=f"u{i}", public=len(LONG)) for i in range(4)]
    h.run()
    assert sum(n for step in h.model.decodes for _, n in step) <= len(LONG) + 4 * (1 + 8)
    assert [h.done(n).usage.cached_tokens for n in names] == [0] + [len(LONG)] * 3


def test_two_who_compute_the_same_public_text_at_once_keep_it_once() -> None:
    h = Harness()
    text = LONG[:40]  # too short for one to wait for the other
    names = [h.submit(f"{text}{i}", user=f"u{i}", public=40) for i in range(2)]
    h.step()
    assert h.engine.cache.cells_used == 40 + 2
    h.run()
    assert [h.tokens(n) for n in names] == [alone(f"{text}{i}") for i in range(2)]


def test_a_memory_that_cannot_be_cut_shares_nothing_with_others() -> None:
    h = Harness()
    h.engine.cache = PrefixCache(h.model, whole_only=True)
    for user in ("alice", "bob"):
        name = h.submit(f"{LONG}{user}", user=user, public=len(LONG))
        h.run()
        assert h.done(name).usage.cached_tokens == 0
        assert h.tokens(name) == alone(f"{LONG}{user}")


def test_a_cancelled_sequence_leaves_nothing_running() -> None:
    h = Harness()
    name = h.submit(LONG, max_tokens=100)
    for _ in range(5):
        h.step()
    h.engine.cancel(name)
    assert not h.engine.busy
    assert h.engine.status().running == 0
    assert h.engine.cache.cells_pinned == 0
    assert not isinstance(h.events[name][-1], Done)
    h.check()


def test_an_aborted_step_loses_nothing() -> None:
    h = Harness()
    name = h.submit(LONG)
    h.step()
    h.model.abort()
    h.run()
    assert h.tokens(name) == alone(LONG)


def test_readers_get_a_token_in_every_step_while_a_long_prompt_is_read() -> None:
    h = Harness(n_cells=4096, target_itl=0.8)
    readers = [h.submit(f"reader {i}", max_tokens=400, user=f"u{i}") for i in range(4)]
    while any(not h.tokens(r) for r in readers):
        h.step()
    late = h.submit([7] * 2000, user="late")
    while not h.tokens(late):
        before = [len(h.tokens(r)) for r in readers]
        h.step()
        assert [len(h.tokens(r)) for r in readers] == [n + 1 for n in before]


def test_a_full_cache_pauses_the_youngest_and_loses_nothing() -> None:
    h = Harness(n_cells=200)
    names = [h.submit(f"prompt number {i:02d} ", max_tokens=60, user=f"u{i}") for i in range(6)]
    h.run()
    for i, name in enumerate(names):
        assert h.tokens(name) == alone(f"prompt number {i:02d} ", 60)
        assert sum(isinstance(e, Started) for e in h.events[name]) == 1
    paused = [n for n in names if any(isinstance(e, Queued) for e in h.events[n][3:])]
    assert paused, "200 cells cannot hold six sequences of 77"
    assert names[0] not in paused


def test_a_short_question_passes_another_users_sixteen_requests() -> None:
    h = Harness(n_cells=8192, parallel=8, target_itl=0.8)
    crowd = [h.submit([i + 1] * 100, user="crowd", max_tokens=50) for i in range(16)]
    for _ in range(30):
        h.step()
    name = h.submit("short", user="late", max_tokens=4)
    for _ in range(4):
        h.step()
    assert h.tokens(name), "the short question waits for the crowd"
    h.run()
    for i, each in enumerate(crowd):
        assert h.tokens(each) == alone([i + 1] * 100, 50)


def test_people_go_before_batches() -> None:
    h = Harness(parallel=1)
    first = h.submit("first", user="a")
    h.step()
    batch = h.submit("batch", user="b", priority="batch")
    person = h.submit("person", user="a")
    order: list[str] = []
    while h.engine.busy:
        h.step()
        order += [
            n
            for n in (first, batch, person)
            if n not in order and isinstance(h.events[n][-1], Done)
        ]
    assert order == [first, person, batch]


def test_the_queue_is_bounded_and_says_when_to_come_back() -> None:
    h = Harness(parallel=1, max_queue=2)
    h.submit("runs", max_tokens=100)
    h.step()
    waits = [h.submit("waits"), h.submit("waits")]
    with pytest.raises(JimaeError) as caught:
        h.submit("too many")
    assert caught.value.code == "queue_full"
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 1
    h.step()
    assert [e.position for n in waits for e in h.events[n] if isinstance(e, Queued)] == [1, 2]


def test_special_tokens_are_text_only_where_they_are_asked_for() -> None:
    for special_text, text in ((False, ""), (True, "<|mark|>" * 3)):
        h = Harness()
        sampling = Sampling(temperature=0.0, logit_bias={SYSTEM_MARK: 100.0})
        name = h.submit("x", max_tokens=3, sampling=sampling, special_text=special_text)
        h.run()
        assert h.text(name) == text


def test_penalties_apply_to_what_was_generated() -> None:
    h = Harness()
    name = h.submit("x", max_tokens=6, sampling=Sampling(temperature=0.0, logit_bias={98: 100.0}))
    h.run()
    assert h.tokens(name) == [98] * 6
    name = h.submit(
        "x",
        max_tokens=6,
        sampling=Sampling(temperature=0.0, logit_bias={98: 100.0, 99: 99.5}, presence_penalty=2.0),
    )
    h.run()
    assert h.tokens(name)[:2] == [98, 99]


ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("submit"),
            st.integers(0, 5),
            st.integers(1, 90),
            st.integers(1, 25),
            st.sampled_from([0, 0, 7, 20, 45]),
        ),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("step"), st.integers(1, 6)),
        st.tuples(st.just("abort")),
        st.tuples(st.just("clear")),
        st.tuples(st.just("forget"), st.integers(0, 1)),
    ),
    max_size=60,
)


@settings(max_examples=100, deadline=None)
@given(ACTIONS, st.sampled_from([4, 8, 32]), st.sampled_from([128, 300, 1024]))
def test_random_lives_keep_the_account(
    actions: list[tuple[str, *tuple[int, ...]]], n_seq: int, n_cells: int
) -> None:
    """Whatever comes, goes, is aborted, evicted or forgotten: the account is right, each answer
    as alone, and nobody finds more of another scope than what is public to both."""
    h = Harness(n_seq=n_seq, n_cells=n_cells, n_batch=64, parallel=6)
    base = [(i * 7) % 97 for i in range(120)]
    asked: dict[str, tuple[list[int], int]] = {}
    # With each way in which it can have been put into the cache: what is scored is private
    # at first, and no longer when it goes on after a pause.
    everything: list[tuple[str, list[int], str, int]] = []
    for action in actions:
        if action[0] == "submit":
            _, kind, length, answer, public = action
            prompt = [*base[: length - 1], kind] if kind % 2 else base[kind : kind + length]
            name = h.submit(
                prompt,
                max_tokens=answer,
                user=f"u{kind % 3}",
                scope=f"s{kind % 2}",
                outputs=Outputs(prompt_logprobs=0 if kind > 3 else None),
                public=min(public, len(prompt) - 1),
            )
            asked[name] = (prompt, answer)
            ways = {min(public, len(prompt) - 1), 0 if kind > 3 else min(public, len(prompt) - 1)}
            everything += [(name, prompt, f"s{kind % 2}", way) for way in ways]
        elif action[0] == "cancel":
            name = f"r{action[1]}"
            h.engine.cancel(name)
            if name in asked and not (h.events[name] and isinstance(h.events[name][-1], Done)):
                del asked[name]
        elif action[0] == "step":
            for _ in range(action[1]):
                h.step()
        elif action[0] == "abort":
            h.model.abort()
        elif action[0] == "forget":
            h.engine.forget(f"s{action[1]}")
            assert all(leaf.scope != f"s{action[1]}" for leaf in h.engine.cache._idle())
        else:
            h.engine.cache.clear()
        h.check()
    h.run()
    assert h.engine.cache.cells_pinned == 0
    most: dict[str, int] = {}
    for name, (prompt, answer) in asked.items():
        assert h.tokens(name) == alone(prompt, answer)
        assert [t.token for t in h.prompt_logprobs(name)] in ([], prompt)
    for name, prompt, scope, public in everything:
        for other, theirs, their_scope, their_public in everything:
            if other == name:
                continue
            shared = common_prefix(prompt, [*theirs, *h.tokens(other)])
            if (scope, public) != (their_scope, their_public):
                shared = min(shared, public, their_public)
            most[name] = max(most.get(name, 0), shared)
    for name, *_ in everything:
        started = [event for event in h.events[name] if isinstance(event, Started)]
        assert all(event.cached_tokens <= most.get(name, 0) for event in started)


def test_a_reproducible_engine_does_the_same_each_time() -> None:
    h = Harness(n_seq=1, reproducible=True)
    names = [h.submit([*range(65, 90)] * 8, max_tokens=6) for _ in range(3)]
    h.run()
    assert len({tuple(h.tokens(n)) for n in names}) == 1
    steps = [[n for _, n in step] for step in h.model.decodes]
    third = len(steps) // 3
    assert steps[:third] == [[64], [64], [64], [8], [1], [1], [1], [1], [1]]
    assert steps == steps[:third] * 3
    assert h.engine.cache.cells_used == 0
