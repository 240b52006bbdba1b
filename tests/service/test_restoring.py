"""Values put back into an answer: whole, in their places, and before its end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jimae.service.policy.masking import Restorer
from jimae.service.policy.placeholders import Placeholder
from jimae.service.restoring import Restoring
from jimae.types import CallDelta, Delta, Done, Started, Timings, Usage

PHONE = Placeholder("phone", 1)
VALUES = {PHONE: "03-1234-5678"}
DONE = Done("stop", Usage(1, 1), Timings(0, 0, 0))
TEXTS = st.lists(st.sampled_from([str(PHONE), "〔", "電話番号", "1", "〕", "です。"]), max_size=8)


def restoring() -> Restoring:
    return Restoring(lambda: Restorer(VALUES))


def told(events: list[object]) -> list[object]:
    sequence = restoring()
    return [out for event in events for out in sequence.take(event)]


@given(TEXTS.map("".join), st.integers(1, 5))
def test_every_text_is_restored_however_it_is_cut(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    events: list[object] = [
        Delta(piece, (), reasoning=piece, calls=(CallDelta(0, arguments=piece),))
        for piece in pieces
    ]
    deltas = [event for event in told([*events, DONE]) if isinstance(event, Delta)]
    expected = text.replace(str(PHONE), VALUES[PHONE])

    assert "".join(delta.text for delta in deltas) == expected
    assert "".join(delta.reasoning for delta in deltas) == expected
    assert "".join(call.arguments for delta in deltas for call in delta.calls) == expected


def test_what_was_held_back_is_said_before_the_end() -> None:
    assert told([Delta("【電話", (1,)), DONE]) == [Delta("", (1,)), Delta("【電話", ()), DONE]


def test_nothing_is_added_where_nothing_was_held() -> None:
    events: list[object] = [Started(1, 0), Delta("はい", (1,)), DONE]
    assert told(events) == events


def test_calls_are_restored_each_by_itself() -> None:
    cut = [Delta("", (), calls=(CallDelta(index, arguments="【電話番号"),)) for index in (0, 1)]
    deltas = told([*cut, Delta("", (), calls=(CallDelta(1, arguments="1】"),)), DONE])
    calls = [call for delta in deltas if isinstance(delta, Delta) for call in delta.calls]

    assert [(call.index, call.arguments) for call in calls if call.arguments] == [
        (1, VALUES[PHONE]),
        (0, "【電話番号"),
    ]
