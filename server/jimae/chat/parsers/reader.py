"""Text that arrives in pieces, read by generators that wait for more of it.

A parser is written as if the whole answer were there: `yield from reader.accept("{")`
waits until the text has gone on far enough to tell. What it reads therefore
does not depend on where the text was cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

T = TypeVar("T")
Reading = Generator[None, None, T]
"""A step of a parser: waits by yielding, returns a T."""

Sink = Callable[[str], None]

SPACE = " \t\r\n"
"""White space of JSON and of templates. An ideographic space is text."""

_SPACE = re.compile(f"[{SPACE}]*")


class MalformedError(Exception):
    """What looked like a call is none: its text is to be read again, as text."""


class Marks:
    """Texts that mean something, and how far a text may be the beginning of one."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)
        self._longest = max(map(len, self._texts), default=0)
        self.pattern = re.compile("|".join(map(re.escape, self._texts)) or r"(?!)")

    def possible_end(self, text: str, start: int) -> int:
        """Length of the longest end of text[start:] that some mark begins with."""
        for size in range(min(self._longest - 1, len(text) - start), 0, -1):
            if any(mark.startswith(text[-size:]) for mark in self._texts):
                return size
        return 0


class Reader:
    """The text so far and a place in it.

    `position` can be kept and set back, as far as the last `text_until`.
    """

    def __init__(self) -> None:
        self.position = 0
        self._text = ""
        self._whole = False

    def feed(self, text: str, *, whole: bool) -> None:
        """Add text; `whole`: nothing will follow."""
        self._text += text
        self._whole = whole

    def peek(self) -> Reading[str]:
        """The next character; empty at the end."""
        while self.position == len(self._text) and not self._whole:
            yield
        return self._text[self.position : self.position + 1]

    def accept(self, literal: str) -> Reading[bool]:
        """Take `literal` if the text goes on with it."""
        while not self._text.startswith(literal, self.position):
            if self._whole or not literal.startswith(self._text[self.position :]):
                return False
            yield
        self.position += len(literal)
        return True

    def accept_beyond_space(self, literal: str) -> Reading[bool]:
        """Take white space and `literal` if they come; else neither."""
        start = self.position
        yield from self.space()
        if (yield from self.accept(literal)):
            return True
        self.position = start
        return False

    def expect(self, literal: str) -> Reading[None]:
        """Take `literal`; raises MalformedError if the text does not go on with it."""
        if not (yield from self.accept(literal)):
            raise MalformedError

    def match(self, pattern: re.Pattern[str]) -> Reading[str]:
        """Take what `pattern` matches here; it must match one character after another.

        Waits for the first character that no longer matches, or the end.
        """
        start = self.position
        while True:
            found = pattern.match(self._text, self.position)
            self.position = found.end() if found else self.position
            if self.position < len(self._text) or self._whole:
                return self._text[start : self.position]
            yield

    def space(self) -> Reading[str]:
        """Take white space."""
        return (yield from self.match(_SPACE))

    def text_before(self, mark: str) -> Reading[str]:
        """Take the text up to `mark`, and the mark. Raises MalformedError if it never comes."""
        start = search = self.position
        while (end := self._text.find(mark, search)) < 0:
            if self._whole:
                raise MalformedError
            search = max(start, len(self._text) - len(mark) + 1)
            yield
        self.position = end + len(mark)
        return self._text[start:end]

    def pass_on(self, pattern: re.Pattern[str], sink: Sink) -> Reading[None]:
        """Give what `pattern` matches to `sink` as it arrives; see `match`."""
        while True:
            found = pattern.match(self._text, self.position)
            if found and found.end() > self.position:
                self.position = found.end()
                sink(found[0])
            if self.position < len(self._text) or self._whole:
                return
            yield

    def text_until(self, marks: Marks, sink: Sink) -> Reading[str | None]:
        """Give text to `sink` up to the first of `marks`; take and return it, None at the end."""
        while True:
            found = marks.pattern.search(self._text, self.position)
            if found is not None:
                end = found.start()
            elif self._whole:
                end = len(self._text)
            else:
                end = len(self._text) - marks.possible_end(self._text, self.position)
            if end > self.position:
                sink(self._text[self.position : end])
            if found is not None:
                self.position = found.end()
                return found[0]
            self._text, self.position = self._text[end:], 0
            if self._whole:
                return None
            yield
