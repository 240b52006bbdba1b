"""Token bytes to whole characters, and the search for stop strings.

Deltas concatenate, byte for byte, to the text decoded at once: a character of
several tokens is held back until it is whole, and text that may turn out to be
the beginning of a stop string until it cannot.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class Detokenizer:
    """Incremental text of one sequence."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(s for s in stop if s)
        self._longest = max((len(s) for s in self._stop), default=0)
        self._held = ""
        self.stopped_by: str | None = None

    @property
    def torn(self) -> bool:
        """Whether the last token ended within a character, which nobody can read yet."""
        return bool(self._decoder.getstate()[0])

    def add(self, piece: bytes) -> str:
        """Take the bytes of a token; return the text that is now certain.

        Once a stop string is complete, `stopped_by` names it, the text before it
        is returned and nothing after it ever is.
        """
        return self._advance(self._decoder.decode(piece), last=False)

    def finish(self) -> str:
        """Return what is still held back; an unfinished character becomes U+FFFD."""
        return self._advance(self._decoder.decode(b"", final=True), last=True)

    def _advance(self, new: str, *, last: bool) -> str:
        if self.stopped_by is not None:
            return ""
        text = self._held + new
        found = self._first_stop(text)
        if found is not None:
            position, self.stopped_by = found
            self._held = ""
            return text[:position]
        keep = 0 if last else self._possible_stop(text)
        certain = len(text) - keep
        self._held = text[certain:]
        return text[:certain]

    def _first_stop(self, text: str) -> tuple[int, str] | None:
        """The stop string that was complete first; of those, the one that begins first."""
        found = [(text.find(s) + len(s), text.find(s), s) for s in self._stop if s in text]
        if not found:
            return None
        _, position, stop = min(found)
        return position, stop

    def _possible_stop(self, text: str) -> int:
        """Length of the longest end of `text` that some stop string begins with."""
        for size in range(min(self._longest - 1, len(text)), 0, -1):
            end = text[-size:]
            if any(s.startswith(end) for s in self._stop):
                return size
        return 0
