"""Prefixes on disk: found by what they share, bounded, never trusted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jimae.types import scope_mark
from jimae.worker.disk_store import DiskStore

KEYS = list(range(600))
KEY = bytes(range(32))
OTHER = bytes(32)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Open = Callable[..., DiskStore]


@pytest.fixture(params=[None, KEY], ids=["clear", "encrypted"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    chosen: bytes | None = request.param
    return chosen


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, key: bytes | None) -> Iterator[Open]:
    """Opens stores in one directory, as often as a test likes, and closes them."""
    made: list[DiskStore] = []

    def opened(model: str = "m", key: bytes | None = key) -> DiskStore:
        folder = tmp_path / "kv"
        store = DiskStore(folder, model, max_bytes=10_000, max_age=100.0, key=key, clock=clock)
        made.append(store)
        return store

    yield opened
    for store in made:
        store.close()


@pytest.fixture
def store(opened: Open) -> DiskStore:
    return opened()


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kv").iterdir())


def test_it_comes_back_after_a_restart(opened: Open, store: DiskStore) -> None:
    store.save("alice", KEYS, b"cells" * 100)
    store.flush()
    again = opened()
    found = again.find("alice", [*KEYS[:500], 7, 7])
    assert found is not None
    assert (found.matching, found.keys) == (500, KEYS)
    assert again.load(found) == b"cells" * 100


def test_files_are_the_owners_only_and_tell_nothing_by_name(
    store: DiskStore, tmp_path: Path
) -> None:
    store.save("alice", KEYS, b"cells")
    store.flush()
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "alice" not in path.name


def test_scopes_do_not_meet(store: DiskStore) -> None:
    store.save("alice", KEYS, b"cells")
    assert store.find("bob", KEYS) is None


def test_a_continued_conversation_replaces_its_beginning(store: DiskStore, tmp_path: Path) -> None:
    store.save("alice", KEYS[:300], b"short")
    store.save("alice", KEYS, b"long")
    store.save("bob", KEYS[:300], b"other")
    store.flush()
    assert len(files(tmp_path)) == 2
    found = store.find("alice", KEYS)
    assert found is not None
    assert store.load(found) == b"long"


def test_what_was_used_least_recently_goes_first(store: DiskStore, clock: Clock) -> None:
    for i in range(3):
        clock.now += 1
        store.save("s", [i] * 600, bytes(4000))
    assert store.find("s", [0] * 600) is None
    assert store.find("s", [1] * 600) is not None
    assert store.find("s", [2] * 600) is not None


def test_what_is_too_old_is_gone(
    opened: Open, store: DiskStore, tmp_path: Path, clock: Clock
) -> None:
    store.save("alice", KEYS, b"cells")
    store.flush()
    clock.now = files(tmp_path)[0].stat().st_mtime + 101
    again = opened()
    assert again.find("alice", KEYS) is None
    again.flush()
    assert files(tmp_path) == []


def test_forgetting_a_scope_removes_its_files(store: DiskStore, tmp_path: Path) -> None:
    store.save("alice", KEYS, b"cells")
    store.save("bob", KEYS, b"cells")
    store.forget("alice")
    store.flush()
    assert store.find("alice", KEYS) is None
    assert store.find("bob", KEYS) is not None
    assert len(files(tmp_path)) == 1


def test_another_model_or_setting_does_not_read_it(
    opened: Open, store: DiskStore, tmp_path: Path
) -> None:
    store.save("alice", KEYS, b"cells")
    store.flush()
    other = opened(model="other")
    assert other.find("alice", KEYS) is None
    assert files(tmp_path) == []


@pytest.mark.parametrize("other", [None, KEY, OTHER], ids=["clear", "same", "other"])
def test_what_another_key_wrote_or_none_is_removed_at_the_start(
    opened: Open, store: DiskStore, tmp_path: Path, key: bytes | None, other: bytes | None
) -> None:
    store.save("alice", KEYS, b"cells")
    store.flush()
    again = opened(key=other)
    assert (again.find("alice", KEYS) is not None) == (key == other)
    assert len(files(tmp_path)) == int(key == other)


def test_names_are_not_made_of_what_is_in_the_files(opened: Open, tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        store = opened()
        store.save("alice", KEYS, b"cells")
        store.flush()
        (path,) = files(tmp_path)
        mark, _, rest = path.stem.partition("-")
        assert mark == scope_mark("alice")
        names.append(rest)
    assert len(set(names)) == 2


def test_a_damaged_file_is_ignored_and_removed(opened: Open, tmp_path: Path) -> None:
    data = random.Random(1).randbytes(2000)  # noqa: S311
    for where in (0, 9, 20, 30, 1500, 3000, -1):
        store = opened()
        store.save("alice", KEYS, data)
        store.flush()
        (path,) = files(tmp_path)
        content = bytearray(path.read_bytes())
        content[where] ^= 1
        path.write_bytes(content)
        again = opened()
        found = again.find("alice", KEYS)
        assert found is None or again.load(found) is None
        again.flush()
        assert files(tmp_path) == []


def test_a_file_that_was_cut_short_is_ignored(opened: Open, tmp_path: Path) -> None:
    store = opened()
    store.save("alice", KEYS, bytes(2000))
    store.flush()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    for length in (0, 5, 11, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        again = opened()
        found = again.find("alice", KEYS)
        assert found is None or again.load(found) is None


def test_a_directory_that_cannot_be_written_costs_no_answer(
    opened: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = opened()
    (tmp_path / "kv").rmdir()
    store.save("alice", KEYS, b"cells")
    store.flush()
    assert "not saved" in caplog.text
    found = store.find("alice", KEYS)
    assert found is None or store.load(found) is None
