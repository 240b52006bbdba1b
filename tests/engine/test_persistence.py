"""Prefixes that outlive the process, on the fake model."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.engine_harness import Harness, alone
from jimae.engine.persistence import KEPT_CELLS
from jimae.engine.prefix_store import SavedPrefix
from jimae.engine.radix_tree import common_prefix

TEXT = "a conversation that is long enough to be worth keeping on disk. " * 12


class MemoryStore:
    """Keeps prefixes in a list; data may be replaced to play a damaged disk."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, list[int], bytes]] = []

    def find(self, scope: str, keys: Sequence[int]) -> SavedPrefix | None:
        found = [
            SavedPrefix(str(i), kept, common_prefix(kept, keys))
            for i, (owner, kept, _) in enumerate(self.kept)
            if owner == scope
        ]
        return max(found, key=lambda s: s.matching, default=None)

    def load(self, saved: SavedPrefix) -> bytes | None:
        return self.kept[int(saved.name)][2]

    def save(self, scope: str, keys: Sequence[int], data: bytes) -> None:
        self.kept.append((scope, list(keys), data))

    def forget(self, scope: str) -> None:
        self.kept = [k for k in self.kept if k[0] != scope]


def harness(store: MemoryStore, n_cells: int = 4096) -> Harness:
    return Harness(n_cells=n_cells, store=store)


def saved_conversation() -> MemoryStore:
    store = MemoryStore()
    before = harness(store)
    before.submit(TEXT, max_tokens=5)
    before.run()
    while before.engine.save_one():
        pass
    assert len(store.kept) == 1
    return store


def test_a_conversation_goes_on_after_a_restart() -> None:
    after = harness(saved_conversation())
    name = after.submit(TEXT + "next question")
    after.run()
    assert after.done(name).usage.cached_tokens >= len(TEXT)
    assert after.tokens(name) == alone(TEXT + "next question")


def test_only_its_beginning_is_used_where_the_rest_differs() -> None:
    after = harness(saved_conversation())
    question = TEXT[:600] + "something else"
    name = after.submit(question)
    after.run()
    assert after.done(name).usage.cached_tokens == 600
    assert after.tokens(name) == alone(question)


def test_another_scope_gets_nothing_of_it() -> None:
    after = harness(saved_conversation())
    name = after.submit(TEXT, user="somebody else")
    after.run()
    assert after.done(name).usage.cached_tokens == 0


def test_what_is_public_comes_back_with_it_and_is_found_by_others() -> None:
    after = harness(saved_conversation())
    name = after.submit(TEXT + "next question", public=200)
    after.run()
    assert after.done(name).usage.cached_tokens >= len(TEXT)
    assert after.tokens(name) == alone(TEXT + "next question")
    other = after.submit(TEXT, user="somebody else", public=200)
    after.run()
    assert after.done(other).usage.cached_tokens == 200


def test_what_is_public_is_not_kept_on_disk_by_itself() -> None:
    store = MemoryStore()
    h = harness(store, n_cells=8192)
    h.submit(TEXT, public=len(TEXT) - 1)
    h.run()
    h.engine.forget("u")
    while h.engine.tidy():
        pass
    assert store.kept == []


def test_data_that_does_not_fit_is_computed_again() -> None:
    store = saved_conversation()
    scope, keys, data = store.kept[0]
    store.kept[0] = (scope, keys, data * 10)
    after = harness(store)
    name = after.submit(TEXT)
    after.run()
    assert after.tokens(name) == alone(TEXT)


def test_it_is_not_restored_where_there_is_no_room() -> None:
    after = harness(saved_conversation(), n_cells=1000)
    first = after.submit([3] * 700, max_tokens=100, user="u2")
    for _ in range(8):
        after.step()
    second = after.submit(TEXT[:200] + "x")
    after.run()
    assert after.done(second).usage.cached_tokens == 0
    assert after.tokens(first) == alone([3] * 700, 100)


def test_what_is_saved_is_not_saved_again_and_short_ones_never() -> None:
    store = saved_conversation()
    after = harness(store)
    after.submit(TEXT[:700] + "y", max_tokens=2)
    after.submit("short", max_tokens=2)
    after.run()
    while after.engine.save_one():
        pass
    assert len(store.kept) == 2
    assert not after.engine.save_one()


def test_forgetting_leaves_nothing() -> None:
    store = saved_conversation()
    after = harness(store)
    after.submit(TEXT, max_tokens=2)
    after.run()
    after.engine.forget("u")
    assert store.kept == []
    assert after.engine.cache.cells_used == 0
    after.check()


def test_idle_cells_leave_the_cache_and_come_back() -> None:
    store = MemoryStore()
    engine = harness(store, n_cells=8192)
    texts = [f"{n} is the number of this conversation. " * 8 for n in range(2 * KEPT_CELLS // 150)]
    for text in texts:
        engine.submit(text, max_tokens=2)
        engine.run()
    assert engine.engine.cache.cells_used > KEPT_CELLS
    while engine.engine.tidy():
        engine.engine.cache.check_integrity()
    assert KEPT_CELLS // 2 < engine.engine.cache.cells_used <= KEPT_CELLS
    assert engine.engine.cache.measure("u", list(texts[0].encode()))[0] == 0
    again = engine.submit(texts[0] + "go on")
    engine.run()
    assert engine.done(again).usage.cached_tokens >= len(texts[0])
    assert engine.tokens(again) == alone(texts[0] + "go on")


def test_what_is_read_again_in_no_time_is_dropped_unsaved() -> None:
    store = MemoryStore()
    engine = harness(store, n_cells=8192)
    for n in range(60):
        engine.submit(f"{n} " * 30, max_tokens=2)
        engine.run()
    assert engine.engine.cache.cells_used > KEPT_CELLS
    while engine.engine.tidy():
        pass
    assert engine.engine.cache.cells_used <= KEPT_CELLS
    assert store.kept == []


def test_running_sequences_are_not_retired() -> None:
    engine = harness(MemoryStore(), n_cells=8192)
    name = engine.submit("a" * (KEPT_CELLS + 100), max_tokens=50)
    for _ in range(40):
        engine.engine.step()
    assert not engine.engine.tidy()
    engine.run()
    assert engine.tokens(name) == alone("a" * (KEPT_CELLS + 100), max_tokens=50)
