"""The output of a response: the same items however the model's events are cut."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from jimae.service.items import Item
from jimae.service.writing import Change, Closed, Grew, Opened, Writing
from jimae.types import CallDelta, Delta

TEXTS = st.text(max_size=6)
CALLS = st.lists(TEXTS, max_size=3)


def written(deltas: Sequence[Delta]) -> tuple[list[Change], list[Item]]:
    writing = Writing()
    changes = [change for delta in deltas for change in writing.add(delta)]
    return changes + writing.end("completed"), writing.items


def told(items: Sequence[Item]) -> list[tuple[str, object]]:
    """Items without their ids."""
    return [(item.kind, item.data) for item in items]


@given(thought=TEXTS, text=TEXTS, calls=CALLS)
def test_cut_anywhere_it_is_the_same(thought: str, text: str, calls: list[str]) -> None:
    heads = [CallDelta(index, f"call_{index}", "f") for index in range(len(calls))]
    letters = [Delta("", (1,), reasoning=letter) for letter in thought]
    letters += [Delta(letter, (1,)) for letter in text]
    for head, arguments in zip(heads, calls, strict=True):
        letters.append(Delta("", (1,), calls=(head,)))
        letters += [
            Delta("", (1,), calls=(CallDelta(head.index, arguments=letter),))
            for letter in arguments
        ]
    whole = tuple(
        CallDelta(head.index, head.id, head.name, arguments)
        for head, arguments in zip(heads, calls, strict=True)
    )
    _, one = written([Delta(text, (1,), reasoning=thought, calls=whole)])
    changes, many = written(letters)
    assert told(one) == told(many)
    assert len({item.id for item in many}) == len(many) > 0
    check(changes, many)


def check(changes: Sequence[Change], items: Sequence[Item]) -> None:
    """Items open and close one after the other, and grow to what they become."""
    for index, item in enumerate(items):
        own = [change for change in changes if change.index == index]
        assert isinstance(own[0], Opened)
        assert own[-1] == Closed(index, item)
        text = "".join(change.text for change in own if isinstance(change, Grew))
        parts = item.data.get("content")
        assert text == (parts[0]["text"] if parts else item.data.get("arguments"))
    assert [change.index for change in changes] == sorted(change.index for change in changes)


def test_what_breaks_off_is_incomplete() -> None:
    writing = Writing()
    writing.add(Delta("東", (1,)))
    writing.end("incomplete")
    assert [item.status for item in writing.items] == ["incomplete"]
    assert Writing().end("incomplete") == []
