"""Files of prefixes: read as they were written, or not at all; encrypted, they tell nothing."""

from __future__ import annotations

import random
from array import array
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jimae.worker import kv_file
from jimae.worker.kv_file import Header, KvFiles

KEY = b"k" * 32
OTHER = b"o" * 32
WORDS = "総務部の山田さんの評価は".encode()
TOKENS = array("i", range(70_000, 70_400)).tobytes()
HEADER = Header("account-of-hanako", TOKENS, len(WORDS) * 100)
DATA = WORDS * 100

both = pytest.mark.parametrize("key", [None, KEY], ids=["clear", "encrypted"])


def written(folder: Path, key: bytes | None, name: str = "a", model: str = "m") -> Path:
    path = folder / f"{name}.kv"
    KvFiles(model, key).write(path, HEADER, DATA)
    return path


@both
@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20 + 5])
def test_it_is_read_as_it_was_written(tmp_path: Path, key: bytes | None, size: int) -> None:
    data = random.Random(size).randbytes(size)  # noqa: S311
    header = Header("s", b"tokens", size)
    path = tmp_path / "a.kv"
    files = KvFiles("m", key)
    files.write(path, header, data)
    assert files.read_header(path) == header
    assert files.read(path) == data


def holds(path: Path) -> list[str]:
    """What of the words, tokens and scope a file shows."""
    content = path.read_bytes()
    pieces = [TOKENS[i : i + 12] for i in range(0, len(TOKENS) - 12, 4)]
    shown = {"words": [WORDS, WORDS[:9]], "tokens": pieces, "scope": [b"hanako"]}
    return [what for what, all_of in shown.items() if any(one in content for one in all_of)]


def test_encrypted_it_shows_neither_words_nor_tokens(tmp_path: Path) -> None:
    assert holds(written(tmp_path, None)) == ["words", "tokens", "scope"]
    assert holds(written(tmp_path, KEY)) == []


def test_nothing_is_encrypted_twice_alike(tmp_path: Path) -> None:
    one, same = (written(tmp_path / name, KEY).read_bytes() for name in folders(tmp_path))
    prefix = len(kv_file.beginning(KEY)) + 4
    assert one[:prefix] == same[:prefix]
    rest = list(zip(one[prefix:], same[prefix:], strict=True))
    assert sum(a == b for a, b in rest) < len(rest) / 50


def folders(tmp_path: Path) -> list[str]:
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
    return ["1", "2"]


@pytest.mark.parametrize("key", [None, KEY, OTHER])
@pytest.mark.parametrize("wrote", [None, KEY, OTHER])
def test_only_who_wrote_it_reads_it(tmp_path: Path, wrote: bytes | None, key: bytes | None) -> None:
    path = written(tmp_path, wrote)
    files = KvFiles("m", key)
    assert (files.read_header(path) is not None) == (key == wrote)
    assert (files.read(path) is not None) == (key == wrote)
    assert kv_file.is_of(key, path) == (key == wrote)


def test_a_key_that_only_claims_to_be_the_same_reads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, KEY)
    monkeypatch.setattr(kv_file, "beginning", lambda _: path.read_bytes()[:16])
    assert KvFiles("m", OTHER).read_header(path) is None
    assert KvFiles("m", OTHER).read(path) is None


@both
def test_it_is_read_only_for_its_model_and_under_its_name(
    tmp_path: Path, key: bytes | None
) -> None:
    path = written(tmp_path, key)
    assert KvFiles("other", key).read(path) is None
    moved = path.rename(tmp_path / "b.kv")
    assert KvFiles("m", key).read_header(moved) is None
    assert KvFiles("m", key).read(moved) is None


@both
def test_parts_of_two_files_make_no_third(tmp_path: Path, key: bytes | None) -> None:
    one, two = written(tmp_path, key, "a"), written(tmp_path, key, "b")
    half = one.stat().st_size - 2000  # inside the data, behind the header
    one.write_bytes(one.read_bytes()[:half] + two.read_bytes()[half:])
    assert KvFiles("m", key).read(one) is None


@both
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_one_wrong_bit_anywhere_and_it_is_not_read(
    tmp_path: Path, key: bytes | None, data: st.DataObject
) -> None:
    path = written(tmp_path, key)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    assert KvFiles("m", key).read(path) is None


@both
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_cut_short_or_with_more_behind_it_is_not_read(
    tmp_path: Path, key: bytes | None, data: st.DataObject
) -> None:
    path = written(tmp_path, key)
    content = path.read_bytes()
    length = data.draw(st.integers(0, len(content) - 1))
    more = data.draw(st.binary(min_size=1, max_size=40))
    for wrong in (content[:length], content + more):
        path.write_bytes(wrong)
        assert KvFiles("m", key).read(path) is None


@both
def test_what_could_not_be_written_leaves_nothing(
    tmp_path: Path, key: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        written(tmp_path, key)
    assert list(tmp_path.iterdir()) == []
