from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jimae.bench.sse import SseParser

TEXTS = st.lists(
    st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])),
    max_size=5,
)


@given(TEXTS, st.sampled_from(["\n", "\r", "\r\n"]), st.data())
def test_every_cut_gives_the_same_events(texts: list[str], end: str, data: st.DataObject) -> None:
    wire = "".join(f"id: 1{end}data: {text}{end}{end}: ping{end}{end}" for text in texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    parser = SseParser()
    events: list[str] = []
    for start, stop in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        events += parser.feed(wire[start:stop])
    assert events == texts


def test_an_event_comes_with_the_bytes_that_end_it() -> None:
    parser = SseParser()
    assert parser.feed(b"data: a\r\n") == []
    assert parser.feed(b"\r") == ["a"]
    assert parser.feed(b"\ndata:b\n\n") == ["b"]


def test_data_lines_of_one_event_are_joined() -> None:
    assert SseParser().feed(b"data: a\ndata: b\n\n") == ["a\nb"]
