"""Where a parser puts what it has read, and which spaces are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jimae.chat.parsers.base import Parsed
from jimae.chat.parsers.reader import SPACE
from jimae.stops import StopSearch
from jimae.types import CallDelta


class TrimmedText:
    """Text without the white space that separates it from reasoning and calls.

    Space is held back until text follows. Where a bound was before all text or
    behind it, the space beside it is dropped; between two texts all is kept. `alone`
    says that no bound comes behind the text: then only the space before it is held.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self._alone = alone
        self._space = ""
        self._begun = False
        self._bounded = False

    def add(self, text: str) -> str:
        """Take more text; return what belongs to it for certain."""
        body = text.rstrip(SPACE)
        if not body:
            self._space += text
            return ""
        before = self._space + body
        certain = before.lstrip(SPACE) if self._bounded and not self._begun else before
        self._space = text[len(body) :]
        self._begun, self._bounded = True, False
        return certain

    def bound(self) -> None:
        """Something else than this text stands here."""
        self._bounded = True

    def take_space(self, done: bool) -> str:
        """The space that is held back, if it is known to belong to the text."""
        if self._bounded or not (done or (self._alone and self._begun)):
            return ""
        space, self._space = self._space, ""
        return space


class Answer:
    """Content, reasoning and calls since they were last taken. `content_last`: nothing
    comes behind content.

    Content ends at the first of the `stop` strings in it, and nothing after that is part of the
    answer. One is looked for between two marks, not on both sides of one.
    """

    def __init__(
        self, new_id: Callable[[], str], *, content_last: bool = False, stop: Sequence[str] = ()
    ) -> None:
        self._new_id = new_id
        self._stop = StopSearch(stop)
        self._trimmed = TrimmedText(alone=content_last)
        self._thought = TrimmedText()
        self._content: list[str] = []
        self._reasoning: list[str] = []
        self._calls: list[CallDelta] = []
        self.calls = 0

    @property
    def stopped_by(self) -> str | None:
        return self._stop.found

    def content(self, text: str) -> None:
        self._content.append(self._stop.add(self._trimmed.add(text)))

    def reasoning(self, text: str) -> None:
        if self.stopped_by is None:
            self._reasoning.append(self._thought.add(text))

    def bound(self) -> None:
        """A mark stands here: the spaces beside it belong to neither text."""
        self._content.append(self._stop.add("", last=True))
        self._trimmed.bound()
        self._thought.bound()

    def begin_call(self, name: str) -> None:
        self.bound()
        self._add_call(CallDelta(self.calls, self._new_id(), name))
        self.calls += 1

    def arguments(self, text: str) -> None:
        """More of the arguments of the call that was begun last."""
        self._add_call(CallDelta(self.calls - 1, arguments=text))

    def _add_call(self, delta: CallDelta) -> None:
        if self.stopped_by is None:
            self._calls.append(delta)

    def take(self, done: bool) -> Parsed:
        """What has come since the last time; the deltas of a call are joined."""
        joined: list[CallDelta] = []
        for delta in self._calls:
            if joined and joined[-1].index == delta.index:
                last = joined.pop()
                delta = CallDelta(last.index, last.id, last.name, last.arguments + delta.arguments)
            joined.append(delta)
        self._content.append(self._stop.add(self._trimmed.take_space(done), last=done))
        if self.stopped_by is None:
            self._reasoning.append(self._thought.take_space(done))
        parsed = Parsed("".join(self._content), "".join(self._reasoning), tuple(joined))
        self._content.clear()
        self._reasoning.clear()
        self._calls.clear()
        return parsed
