"""Random answers as an engine gives them: pieces of reasoning, text and calls, in any order."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from fakes.backend import done
from jimae.types import CallDelta, Delta, Done, Started

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=4)
ARGUMENTS = st.dictionaries(TEXTS, TEXTS | st.integers(), max_size=2)


@st.composite
def _call(draw: st.DrawFn, index: int, *, cut: bool) -> list[CallDelta]:
    text = json.dumps(draw(ARGUMENTS), ensure_ascii=False)
    if cut:
        text = text[: draw(st.integers(0, len(text) - 1))]
    middle = draw(st.integers(0, len(text)))
    begun = CallDelta(index, f"call_{index}", draw(st.sampled_from(["a", "b"])), text[:middle])
    return [begun, CallDelta(index, arguments=text[middle:])]


@st.composite
def scripts(draw: st.DrawFn) -> list[Started | Delta | Done]:
    """A whole answer. One that ends for want of tokens may be cut in its last call."""
    events: list[Started | Delta | Done] = [Started(7, draw(st.integers(0, 7)))]
    length = draw(st.booleans())
    kinds = draw(
        st.lists(st.sampled_from(["text", "reasoning", "both", "call", "none"]), max_size=8)
    )
    calls = 0
    for position, kind in enumerate(kinds):
        fields: dict[str, Any] = {}
        if kind in ("text", "both"):
            fields["text"] = draw(TEXTS)
        if kind in ("reasoning", "both"):
            fields["reasoning"] = draw(TEXTS)
        if kind == "call":
            cut = length and position == len(kinds) - 1
            for more in draw(_call(calls, cut=cut)):
                events.append(Delta("", (position,), calls=(more,)))
            calls += 1
        else:
            events.append(Delta(fields.pop("text", ""), (position,), **fields))
    events.append(done(len(kinds), "length" if length else "tool_calls" if calls else "stop"))
    return events
