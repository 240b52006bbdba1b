"""What the events of one response add up to."""

from __future__ import annotations

from jimae.service.chat import RunEvent, total_usage
from jimae.types import Delta, Done, Usage


class Tally:
    """Counts tokens of several sequences: `n` of each prompt, in the order of the prompts."""

    def __init__(self, n: int = 1) -> None:
        self._n = n
        self._usages: dict[int, Usage] = {}
        self._unread: dict[int, int] = {}
        self.reasoning_tokens = 0

    def add(self, index: int, event: RunEvent) -> None:
        match event:
            case Delta():
                self._count(index, event)
            case Done():
                self._usages[index] = event.usage

    def _count(self, index: int, delta: Delta) -> None:
        # A token may wait for the rest of its character or mark: it belongs to what comes next.
        waiting = self._unread.pop(index, 0) + len(delta.token_ids)
        if delta.reasoning:
            self.reasoning_tokens += waiting
        elif not delta.text and not delta.calls:
            self._unread[index] = waiting

    def usage(self) -> Usage:
        """Prompts are counted once, however many answers they got."""
        ordered = [self._usages[index] for index in sorted(self._usages)]
        each = [
            total_usage(ordered[start : start + self._n])
            for start in range(0, len(ordered), self._n)
        ]
        return Usage(
            prompt_tokens=sum(usage.prompt_tokens for usage in each),
            completion_tokens=sum(usage.completion_tokens for usage in each),
            cached_tokens=sum(usage.cached_tokens for usage in each),
        )
