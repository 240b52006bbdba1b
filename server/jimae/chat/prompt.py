"""A rendered conversation to tokens, in which nothing that people wrote is special.

What people write must never become a special token. Before rendering, two marks
are put inside every special text of a message (`<|im_start|>` becomes
`<` + open + `|im_start|>` + close), which the template carries along; afterwards
those places, and only those, are tokenised as plain text:

    "…user\\n" | "<|im_start|>" | " means what?<|im_end|>…"
      special        plain                special
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

# Unicode noncharacters: valid in a string, never exchanged as text.
_MARKS = tuple(chr(code) for code in range(0xFDD0, 0xFDF0))
_BRACKET = re.compile(r"\W")


class Tokenizer(Protocol):
    """The part of a vocabulary that a prompt needs."""

    @property
    def bos(self) -> int | None: ...
    @property
    def adds_bos(self) -> bool: ...
    def tokenize(self, text: str, *, special: bool, add_bos: bool = False) -> list[int]: ...


class Marks(NamedTuple):
    """Two characters that stand in no message of a conversation."""

    open: str
    close: str

    @property
    def end(self) -> str:
        """Marks the place where a continued answer goes on."""
        return self.close + self.open


class Shield:
    """Keeps the special texts of a vocabulary inert in what people write.

    Also in what two of them write side by side (`<` and `|im_start|>`), and in what
    a template puts its own brackets around (`<{{ name }}>` and `|im_start|`).
    """

    def __init__(self, special_texts: Iterable[str]) -> None:
        texts = sorted({t for t in special_texts if len(t) > 1}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, texts)) or r"(?!)")
        self._longest = max(map(len, texts), default=0)
        # Words alone are left as they are: a role or a key may be in some special text, too.
        self._beginnings = {
            t[:n] for t in texts for n in range(1, len(t)) if _BRACKET.search(t[:n])
        }
        # Of one character's end or middle, the rest would have to be the template's own.
        self._ends = {t[n:] for t in texts for n in range(1, len(t) - 1) if _BRACKET.search(t[n:])}
        self._middles = "\0".join(texts)

    def marks_for(self, texts: Iterable[str]) -> Marks:
        """Two marks that stand in none of the texts."""
        used = set().union(*texts)
        free = [mark for mark in _MARKS if mark not in used]
        if len(free) < 2:
            raise ValueError("the text uses all of Unicode's noncharacters U+FDD0 to U+FDEF")
        return Marks(free[0], free[1])

    def protect(self, text: str, marks: Marks) -> str:
        """Put a mark after the first character of every special text, and one behind it.

        The same around a piece of a special text at either end.
        """
        done = 0
        pieces: list[str] = []
        for start, end in self._spans(text):
            pieces += (text[done : start + 1], marks.open, text[start + 1 : end], marks.close)
            done = end
        return "".join(pieces) + text[done:]

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Places to protect, in order; none overlaps another."""
        small = 1 < len(text) < self._longest
        if small and text in self._middles and _BRACKET.search(text):
            yield 0, len(text)
            return
        whole = [found.span() for found in self._pattern.finditer(text)]
        first, last = (whole[0][0], whole[-1][1]) if whole else (len(text), 0)
        head = next((n for n in self._sizes(first) if text[:n] in self._ends), 0)
        if head:
            yield 0, head
        yield from whole
        rest = text[max(last, head) :]
        tail = next((n for n in self._sizes(len(rest)) if rest[-n:] in self._beginnings), 0)
        if tail:
            yield len(text) - tail, len(text)

    def _sizes(self, most: int) -> Iterable[int]:
        return range(min(self._longest - 1, most), 0, -1)


def split(rendered: str, marks: Marks) -> list[tuple[str, bool]]:
    """Cut a rendered text into (text, special) parts; the marks are gone.

    Where a template has dropped a closing mark, all up to the next one is plain.
    """
    first, *rest = rendered.split(marks.open)
    parts: list[tuple[str, bool]] = [(first, True)]
    for piece in rest:
        before, special = parts.pop()
        inside, _, after = piece.partition(marks.close)
        parts += [(before[:-1], special), (before[-1:] + inside, False), (after, True)]
    clean = [(text.replace(marks.close, ""), special) for text, special in parts]
    return [(text, special) for text, special in clean if text]


def tokenize(parts: Sequence[tuple[str, bool]], vocab: Tokenizer, bos_text: str) -> list[int]:
    """Tokens of a rendered prompt. The model's BOS is added if the template did not."""
    ids: list[int] = []
    for index, (text, special) in enumerate(parts):
        first = index == 0 and vocab.adds_bos
        add_bos = first and not (bos_text and text.startswith(bos_text))
        ids += vocab.tokenize(text, special=special, add_bos=add_bos)
    return ids
