"""The search for stop strings in a text that arrives in pieces."""

from __future__ import annotations

from collections.abc import Sequence


class StopSearch:
    """Ends a text before the first stop string in it; `found` names it then.

    What may turn out to be the beginning of one is held back until it cannot.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._stop = tuple(s for s in stop if s)
        self._longest = max((len(s) for s in self._stop), default=0)
        self._held = ""
        self.found: str | None = None

    def add(self, new: str, *, last: bool = False) -> str:
        """Take more text; return what is certain now. `last`: what is held back is so too,
        as nothing that follows belongs to it.

        Once a stop string is complete, the text before it is returned and nothing after it
        ever is.
        """
        if self.found is not None:
            return ""
        text = self._held + new
        first = self._first(text)
        if first is not None:
            position, self.found = first
            self._held = ""
            return text[:position]
        keep = 0 if last else self._possible(text)
        certain = len(text) - keep
        self._held = text[certain:]
        return text[:certain]

    def _first(self, text: str) -> tuple[int, str] | None:
        """The stop string that was complete first; of those, the one that begins first."""
        found = [(text.find(s) + len(s), text.find(s), s) for s in self._stop if s in text]
        if not found:
            return None
        _, position, stop = min(found)
        return position, stop

    def _possible(self, text: str) -> int:
        """Length of the longest end of `text` that some stop string begins with."""
        for size in range(min(self._longest - 1, len(text)), 0, -1):
            end = text[-size:]
            if any(s.startswith(end) for s in self._stop):
                return size
        return 0
