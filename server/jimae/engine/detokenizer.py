"""Token bytes to whole characters, and the end of a text at a stop string.

Deltas concatenate, byte for byte, to the text decoded at once: a character of
several tokens is held back until it is whole, and text that may turn out to be
the beginning of a stop string until it cannot.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from jimae.stops import StopSearch


class Detokenizer:
    """Incremental text of one sequence."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._search = StopSearch(stop)

    @property
    def torn(self) -> bool:
        """Whether the last token ended within a character, which nobody can read yet."""
        return bool(self._decoder.getstate()[0])

    @property
    def stopped_by(self) -> str | None:
        """The stop string that the text has ended at."""
        return self._search.found

    def add(self, piece: bytes) -> str:
        """Take the bytes of a token; return the text that is now certain.

        Once a stop string is complete, the text before it is returned and nothing
        after it ever is.
        """
        return self._search.add(self._decoder.decode(piece))

    def finish(self) -> str:
        """Return what is still held back; an unfinished character becomes U+FFFD."""
        return self._search.add(self._decoder.decode(b"", final=True), last=True)
