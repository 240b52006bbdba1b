"""The parser that families share: text with marks where reasoning and calls begin.

    [reasoning] text [call] text [call] …

A family says which marks there are and how its calls are read. Reasoning is
looked for at the beginning and next to other marks, not amid text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jimae.chat.parsers.answer import Answer
from jimae.chat.parsers.base import Parsed, Turn, random_id
from jimae.chat.parsers.reader import MalformedError, Marks, Reader, Reading, Sink
from jimae.types import Tool


class Calls:
    """What a reader of calls works with: the text, where calls go, what may be called."""

    def __init__(self, reader: Reader, answer: Answer, turn: Turn) -> None:
        self.reader = reader
        self.answer = answer
        self._turn = turn

    @property
    def enough(self) -> bool:
        """Whether no further call is wanted."""
        return not self._turn.choice.parallel and self.answer.calls > 0

    def tool(self, name: str) -> Tool:
        """The tool of that name; raises MalformedError if it may not be called."""
        tool = self._turn.find(name)
        if tool is None:
            raise MalformedError
        return tool

    def begin(self, name: str) -> None:
        self.tool(name)
        self.answer.begin_call(name)

    def make(self, name: str, arguments: str) -> None:
        """A whole call at once."""
        self.begin(name)
        self.answer.arguments(arguments)


CallReader = Callable[[Calls], Reading[None]]
"""Reads one or more calls behind their mark.

Raises MalformedError before it has begun any call; afterwards it returns where
it can read no further, and what follows is text.
"""


class MarkedParser:
    """One answer.

    `reasoning` are the marks around reasoning, `title` what may stand behind the
    first of them, `marked` the readers of calls by
    the mark before them, `bare` reads calls that begin without any mark where a
    text could.
    """

    def __init__(
        self,
        turn: Turn,
        *,
        reasoning: tuple[str, str] | None = None,
        title: str = "",
        marked: Mapping[str, CallReader] | None = None,
        bare: CallReader | None = None,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self._reader = Reader()
        self._marked = dict(marked or {}) if turn.tools else {}
        self._bare = bare if turn.tools else None
        # Reasoning stands before content: it is looked for once more behind a call only.
        self._answer = Answer(turn.new_id or new_id, content_last=not turn.tools, stop=turn.stop)
        self._calls = Calls(self._reader, self._answer, turn)
        self._reasoning = reasoning
        self._title = title
        self._run = self._read(turn)

    @property
    def stopped_by(self) -> str | None:
        return self._answer.stopped_by

    def add(self, text: str, done: bool) -> Parsed:
        self._reader.feed(text, whole=done)
        next(self._run, None)
        return self._answer.take(done)

    def _read(self, turn: Turn) -> Reading[None]:
        marks = Marks(self._marked)
        if self._reasoning and turn.begins_within(self._reasoning):
            yield from self._read_reasoning(begun=not turn.begins_behind(self._reasoning[0]))
        while not self._calls.enough:
            if (yield from self._beside_a_mark()):
                continue
            while True:
                mark = yield from self._reader.text_until(marks, self._answer.content)
                if mark is None:
                    return
                if (yield from self._read_call(mark, self._answer.content)):
                    break

    def _beside_a_mark(self) -> Reading[bool]:
        """Read what only stands at the beginning or beside a mark, if it is there."""
        self._answer.content((yield from self._reader.space()))
        if self._reasoning and (yield from self._reader.accept(self._reasoning[0])):
            yield from self._read_reasoning()
            return True
        return self._bare is not None and (yield from self._attempt(self._bare))

    def _read_reasoning(self, *, begun: bool = False) -> Reading[None]:
        """`begun`: the first of it was written before."""
        assert self._reasoning is not None  # noqa: S101 - the type checker's
        end = self._reasoning[1]
        marks = Marks([end, *self._marked])
        if not begun:
            self._answer.bound()
            yield from self._reader.accept(self._title)
        while True:
            mark = yield from self._reader.text_until(marks, self._answer.reasoning)
            if mark is None or mark == end:
                break
            # A model that calls has done with thinking, whether it says so or not.
            if (yield from self._read_call(mark, self._answer.reasoning)):
                break
        self._answer.bound()

    def _read_call(self, mark: str, text: Sink) -> Reading[bool]:
        """Read the call behind a mark; if there is none, the mark is text."""
        if (yield from self._attempt(self._marked[mark])):
            return True
        text(mark)
        return False

    def _attempt(self, read: CallReader) -> Reading[bool]:
        start = self._reader.position
        try:
            yield from read(self._calls)
        except MalformedError:
            self._reader.position = start
            return False
        self._answer.bound()
        return True
