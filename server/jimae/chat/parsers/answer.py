"""Where a parser puts what it has read, and which spaces are left out."""

from __future__ import annotations

from collections.abc import Callable

from jimae.chat.parsers.base import Parsed
from jimae.chat.parsers.reader import SPACE
from jimae.types import CallDelta


class TrimmedText:
    """Text without the white space that separates it from reasoning and calls.

    Space is held back until text follows. Where a bound was before all text or
    behind it, the space beside it is dropped; between two texts all is kept. `alone`
    says that no bound comes behind the text: then only the space before it is held.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self._alone = alone
        self._ready: list[str] = []
        self._space = ""
        self._begun = False
        self._bounded = False

    def add(self, text: str) -> None:
        body = text.rstrip(SPACE)
        if not body:
            self._space += text
            return
        before = self._space + body
        self._ready.append(before.lstrip(SPACE) if self._bounded and not self._begun else before)
        self._space = text[len(body) :]
        self._begun, self._bounded = True, False

    def bound(self) -> None:
        """Something else than this text stands here."""
        self._bounded = True

    def take(self, done: bool) -> str:
        if (done or (self._alone and self._begun)) and not self._bounded:
            self._ready.append(self._space)
            self._space = ""
        text = "".join(self._ready)
        self._ready.clear()
        return text


class Answer:
    """Content, reasoning and calls since they were last taken. `content_last`: nothing
    comes behind content."""

    def __init__(self, new_id: Callable[[], str], *, content_last: bool = False) -> None:
        self._new_id = new_id
        self._content = TrimmedText(alone=content_last)
        self._reasoning = TrimmedText()
        self._calls: list[CallDelta] = []
        self.calls = 0

    def content(self, text: str) -> None:
        self._content.add(text)

    def reasoning(self, text: str) -> None:
        self._reasoning.add(text)

    def bound(self) -> None:
        """A mark stands here: the spaces beside it belong to neither text."""
        self._content.bound()
        self._reasoning.bound()

    def begin_call(self, name: str) -> None:
        self.bound()
        self._calls.append(CallDelta(self.calls, self._new_id(), name))
        self.calls += 1

    def arguments(self, text: str) -> None:
        """More of the arguments of the call that was begun last."""
        self._calls.append(CallDelta(self.calls - 1, arguments=text))

    def take(self, done: bool) -> Parsed:
        """What has come since the last time; the deltas of a call are joined."""
        joined: list[CallDelta] = []
        for delta in self._calls:
            if joined and joined[-1].index == delta.index:
                last = joined.pop()
                delta = CallDelta(last.index, last.id, last.name, last.arguments + delta.arguments)
            joined.append(delta)
        self._calls.clear()
        return Parsed(self._content.take(done), self._reasoning.take(done), tuple(joined))
