"""Values put back into the events of an answer while it is written.

A model that was shown placeholders writes placeholders. Each text of an answer (its content,
its reasoning, the arguments of each call) is restored by itself, and what was held back of
one is said before anything that comes behind it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from msgspec.structs import replace

from jimae.types import CallDelta, Delta, Done

E = TypeVar("E")


class Restorer(Protocol):
    """One text; see `policy.masking`."""

    def add(self, text: str) -> str: ...
    def end(self) -> str: ...


class Restoring:
    """The events of one sequence. `new` makes a restorer for each of its texts."""

    def __init__(self, new: Callable[[], Restorer]) -> None:
        self._new = new
        self._text, self._reasoning = new(), new()
        self._calls: dict[int, Restorer] = {}

    def take(self, event: E) -> Iterator[E | Delta]:
        """What is to be told of an event: itself, restored, and before its end what was held."""
        match event:
            case Delta():
                yield self._delta(event)
            case Done():
                rest = self._rest()
                if rest.text or rest.reasoning or rest.calls:
                    yield rest
                yield event
            case _:
                yield event

    def _delta(self, delta: Delta) -> Delta:
        return replace(
            delta,
            text=self._text.add(delta.text),
            reasoning=self._reasoning.add(delta.reasoning),
            calls=tuple(map(self._call, delta.calls)),
        )

    def _call(self, call: CallDelta) -> CallDelta:
        restorer = self._calls.setdefault(call.index, self._new())
        return replace(call, arguments=restorer.add(call.arguments))

    def _rest(self) -> Delta:
        calls = ((index, restorer.end()) for index, restorer in self._calls.items())
        return Delta(
            self._text.end(),
            (),
            reasoning=self._reasoning.end(),
            calls=tuple(CallDelta(index, arguments=rest) for index, rest in calls if rest),
        )
