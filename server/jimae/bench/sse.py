"""Server-sent events, read from raw bytes as they arrive.

The HTML standard's event stream, as far as streaming APIs use it: `data` lines
joined by newlines, comments and other fields passed over, lines ended by LF, CR
or CRLF. An event is complete with its empty line, in the same `feed` that
brought it, so that the time of a `feed` is the time of its events.
"""

from __future__ import annotations


class SseParser:
    """Takes bytes cut anywhere; gives each event's data."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[bytes] = []
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[str]:
        """The data of every event that `chunk` completes, in order."""
        events: list[str] = []
        for byte in chunk:
            if self._after_cr:
                self._after_cr = False
                if byte == 0x0A:
                    continue
            if byte in (0x0A, 0x0D):
                self._after_cr = byte == 0x0D
                self._end_line(events)
            else:
                self._line.append(byte)
        return events

    def _end_line(self, events: list[str]) -> None:
        line = bytes(self._line)
        self._line.clear()
        if not line:
            if self._data:
                events.append(b"\n".join(self._data).decode("utf-8", errors="replace"))
                self._data.clear()
            return
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
