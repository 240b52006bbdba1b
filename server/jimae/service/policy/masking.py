"""Values out of texts before a model reads them, and back into what it writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from jimae.service.personal_data.escapes import plain
from jimae.service.personal_data.folding import Folded, digits
from jimae.service.personal_data.found import Found, Kind
from jimae.service.policy import placeholders
from jimae.service.policy.placeholders import OPENING, PATTERN, Placeholder, may_become_one

Values = Mapping[Placeholder, str]

# These are the same however they are grouped.
_NUMBERS: Final = ("my_number", "card", "phone", "corporate_number")


class Masker:
    """Gives the same value the same placeholder in all texts of a conversation.

    Placeholders are numbered as their values come: a conversation that grows keeps its
    numbers, and so what of it is already in a model's memory. A placeholder that somebody
    wrote themselves stands for nothing, and is not given out.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._written = {placeholders.read(m) for text in texts for m in PATTERN.finditer(text)}
        self._given: dict[tuple[Kind, str], Placeholder] = {}
        self._next: dict[Kind, int] = {}
        self.values: dict[Placeholder, str] = {}

    def mask(self, text: str, found: Iterable[Found]) -> str:
        """The text with placeholders for what was found in it; the rest is unchanged."""
        parts: list[str] = []
        end = 0
        for one in found:
            value = plain(text[one.start : one.end])
            parts += (text[end : one.start], str(self._for(one.kind, value)))
            end = one.end
        return "".join((*parts, text[end:]))

    def _for(self, kind: Kind, value: str) -> Placeholder:
        key = (kind, same(kind, value))
        given = self._given.get(key)
        if given is None:
            given = self._unused(kind)
            self._given[key] = given
            self.values[given] = value
        return given

    def _unused(self, kind: Kind) -> Placeholder:
        number = self._next.get(kind, 1)
        while Placeholder(kind, number) in self._written:
            number += 1
        self._next[kind] = number + 1
        return Placeholder(kind, number)


def same(kind: Kind, value: str) -> str:
    """What two ways to write one value have in common."""
    narrow = Folded(plain(value)).narrow
    if kind in _NUMBERS:
        return digits(narrow)
    return "".join(narrow.casefold().split())


class Restorer:
    """Puts values back into one text while it is written.

    What comes out, put together, does not depend on where the text was split. Only the
    placeholders of this request are known: any other is left as it is.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._held = ""

    def add(self, text: str) -> str:
        """What can be said after this piece; less than a placeholder is held back."""
        if not self._values:
            return text
        text = self._held + text
        keep = _begun(text)
        self._held = text[keep:]
        return self._restored(text[:keep])

    def end(self) -> str:
        """What was held back: it has not become a placeholder."""
        held, self._held = self._held, ""
        return held

    def _restored(self, text: str) -> str:
        return PATTERN.sub(lambda match: self._values.get(placeholders.read(match), match[0]), text)


def _begun(text: str) -> int:
    """Where a placeholder may have begun that has not ended; the end of the text if none."""
    for at in range(max(0, len(text) - placeholders.LONGEST), len(text)):
        if text[at] in OPENING and may_become_one(text[at:]):
            return at
    return len(text)


def restore(text: str, values: Values) -> str:
    """A whole text at once."""
    restorer = Restorer(values)
    return restorer.add(text) + restorer.end()
