"""What one request looked like from outside: when it was sent, when text came."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field


@dataclass
class Trace:
    """One request. Times are seconds on the process's monotonic clock.

    `arrivals` has the time of each piece of text; `expected_tokens` is None for a
    request that is broken off on purpose.
    """

    expected_tokens: int | None = None
    sent: float = math.nan
    arrivals: list[float] = field(default_factory=list)
    text: str = ""
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    finish_reason: str | None = None
    fingerprint: str | None = None
    error: str | None = None
    ended: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def arrived(self, when: float, text: str) -> None:
        self.arrivals.append(when)
        self.text += text
        self._changed.set()

    def end(self, error: str | None = None) -> None:
        self.error = self.error or error
        self.ended = True
        self._changed.set()

    async def wait_for_pieces(self, count: int) -> None:
        """Return when `count` pieces of text are there, or the request has ended."""
        while len(self.arrivals) < count and not self.ended:
            self._changed.clear()
            await self._changed.wait()

    @property
    def ttft(self) -> float:
        """Seconds from sending to the first text; NaN if none came."""
        return self.arrivals[0] - self.sent if self.arrivals else math.nan

    @property
    def last(self) -> float:
        return self.arrivals[-1] if self.arrivals else math.nan

    @property
    def gaps(self) -> list[float]:
        """Seconds between one piece of text and the next."""
        return [b - a for a, b in zip(self.arrivals, self.arrivals[1:], strict=False)]

    @property
    def tokens(self) -> int:
        """Tokens generated: as the server counts them, else pieces of text."""
        return len(self.arrivals) if self.completion_tokens is None else self.completion_tokens

    def gaps_touching(self, start: float, end: float) -> list[float]:
        """The gaps that have any part between `start` and `end`, each in full length."""
        return [
            b - a
            for a, b in zip(self.arrivals, self.arrivals[1:], strict=False)
            if b > start and a < end
        ]

    def complaint(self) -> str | None:
        """Why this request does not count as answered in full, if it does not."""
        if self.error is not None:
            return self.error
        if self.expected_tokens is None:
            return None
        if not self.arrivals:
            return "no text"
        if self.completion_tokens is not None and self.tokens != self.expected_tokens:
            reason = f" ({self.finish_reason})" if self.finish_reason else ""
            return f"{self.tokens} tokens instead of {self.expected_tokens}{reason}"
        return None


def throughput(traces: list[Trace]) -> float:
    """Tokens of all requests per second, from the first sending to the last text."""
    done = [trace for trace in traces if trace.arrivals]
    if not done:
        return math.nan
    seconds = max(trace.last for trace in done) - min(trace.sent for trace in done)
    return sum(trace.tokens for trace in done) / seconds if seconds > 0 else math.nan
