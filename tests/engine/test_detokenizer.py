"""Deltas concatenate to the text decoded at once; stop strings end it where they begin."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jimae.engine.detokenizer import Detokenizer

TEXTS = st.text(alphabet=st.sampled_from("aあ漢𠮷👨‍👩‍👧é\n<|"), max_size=40)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces, cut at some places, in the middle of characters too."""
    edges = sorted({0, len(data), *(p % (len(data) + 1) for p in places)})
    return [data[a:b] for a, b in pairwise(edges)]


def run(pieces: list[bytes], stop: tuple[str, ...] = ()) -> tuple[list[str], str | None]:
    detokenizer = Detokenizer(stop)
    texts = [detokenizer.add(piece) for piece in pieces]
    return [*texts, detokenizer.finish()], detokenizer.stopped_by


@given(TEXTS, st.lists(st.integers(0, 1000)))
def test_any_split_gives_the_same_text(text: str, places: list[int]) -> None:
    deltas, _ = run(cut(text.encode(), places))
    assert "".join(deltas) == text
    assert all("\ufffd" not in delta for delta in deltas)


@given(st.binary(max_size=40), st.lists(st.integers(0, 1000)))
def test_broken_bytes_give_what_decoding_at_once_gives(data: bytes, places: list[int]) -> None:
    deltas, _ = run(cut(data, places))
    assert "".join(deltas) == data.decode("utf-8", "replace")


@given(
    TEXTS,
    st.lists(st.integers(0, 1000)),
    st.lists(st.text(alphabet="aあ漢<|\n", min_size=1, max_size=4), min_size=1, max_size=3),
)
def test_text_ends_before_the_first_stop_string(
    text: str, places: list[int], stop: list[str]
) -> None:
    deltas, stopped_by = run(cut(text.encode(), places), tuple(stop))
    seen = "".join(deltas)
    assert text.startswith(seen)
    if any(s in text for s in stop):
        assert stopped_by in stop
        assert text[len(seen) :].startswith(stopped_by)
        assert not any(s in seen for s in stop)
    else:
        assert stopped_by is None
        assert seen == text


def test_a_possible_stop_string_is_held_back_and_then_given() -> None:
    detokenizer = Detokenizer(("終わり",))
    assert detokenizer.add("これで終".encode()) == "これで"
    assert detokenizer.add("わ".encode()) == ""
    assert detokenizer.add("った".encode()) == "終わった"


def test_nothing_follows_a_stop_string() -> None:
    detokenizer = Detokenizer(("\n",))
    assert detokenizer.add("一行目\n二行目".encode()) == "一行目"
    assert detokenizer.add("三".encode()) == ""
    assert detokenizer.finish() == ""
