"""How a download tells of itself: events for whoever shows them."""

from __future__ import annotations

import time
from typing import IO, Protocol

from jimae.errors import JimaeError, Language


class Progress(Protocol):
    """Receives what happens. Methods may be called from several threads."""

    def taking(self, source: str) -> None:
        """This source is being used."""
        ...

    def skipped(self, source: str, error: JimaeError) -> None:
        """This source cannot be used, and why."""
        ...

    def begin(self, label: str, total: int, done: int) -> None:
        """A transfer or check of `total` bytes starts, `done` of them are there already."""
        ...

    def advance(self, count: int) -> None:
        """`count` more bytes (fewer, if negative)."""
        ...

    def end(self) -> None:
        """The transfer is over."""
        ...


class Silent:
    """Shows nothing."""

    def taking(self, source: str) -> None:
        return

    def skipped(self, source: str, error: JimaeError) -> None:
        return

    def begin(self, label: str, total: int, done: int) -> None:
        return

    def advance(self, count: int) -> None:
        return

    def end(self) -> None:
        return


class Lines:
    """Plain lines every few seconds: for logs and pipes."""

    def __init__(self, out: IO[str], language: Language = "en", every: float = 5.0) -> None:
        self._out = out
        self._ja = language == "ja"
        self._language: Language = language
        self._every = every
        self._label = ""
        self._total = self._done = self._start_done = 0
        self._started = self._said = 0.0

    def taking(self, source: str) -> None:
        self._say(f"取得元: {source}" if self._ja else f"Taking it from {source}")

    def skipped(self, source: str, error: JimaeError) -> None:
        self._say(
            f"次を試します: {error.whole('ja')}"
            if self._ja
            else f"Trying the next: {error.whole('en')}"
        )

    def begin(self, label: str, total: int, done: int) -> None:
        self._label, self._total, self._done, self._start_done = label, total, done, done
        self._started = self._said = time.monotonic()
        if done:
            at = f"{format_size(done)} / {format_size(total)}"
            self._say(f"{label}: {at} から再開します" if self._ja else f"{label}: going on at {at}")

    def advance(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if now - self._said >= self._every:
            self._said = now
            self._say(self._line(now - self._started))

    def end(self) -> None:
        seconds = time.monotonic() - self._started
        got = format_size(self._done - self._start_done)
        self._say(
            f"{self._label}: {got} を {seconds:.0f} 秒で完了"
            if self._ja
            else f"{self._label}: {got} in {seconds:.0f} s"
        )

    def _line(self, seconds: float) -> str:
        rate = (self._done - self._start_done) / seconds
        percent = 100 * self._done // max(self._total, 1)
        text = f"{self._label}: {percent}%  {format_size(self._done)} / {format_size(self._total)}"
        if rate <= 0:
            return text
        left = format_seconds((self._total - self._done) / rate)
        tail = f"残り {left}" if self._ja else f"{left} left"
        return f"{text}  {format_size(rate)}/s  {tail}"

    def _say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def format_size(size: float) -> str:
    """`1117320768` -> `1.12 GB`: decimal units, as download pages and disks use them."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(size) < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.0f} PB"


def format_seconds(seconds: float) -> str:
    """`3671` -> `1:01:11`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
