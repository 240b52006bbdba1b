"""The text of an answer as it is generated, to its content, reasoning and calls."""

from __future__ import annotations

import logging
import secrets
from collections import deque

import msgspec

from jimae.chat.parsers.base import Parsed, Parser
from jimae.errors import JimaeError
from jimae.types import Delta, Done, Event, TokenLogprob

log = logging.getLogger("jimae.worker")


class AnswerReader:
    """Rewrites the events of one conversation's answer. Not thread-safe."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._told = ContentLogprobs()
        self._called = False

    @property
    def stopped_by(self) -> str | None:
        """The stop string that the content has ended at."""
        return self._parser.stopped_by

    def read(self, event: Event) -> list[Event]:
        """What is to be sent for an event of the engine. Raises JimaeError and nothing else."""
        try:
            return self._read(event)
        except Exception as error:  # it ends this answer and no other
            raise known(error) from error

    def _read(self, event: Event) -> list[Event]:
        if isinstance(event, Delta):
            self._told.add(event.logprobs)
            return [self._delta(self._parser.add(event.text, False), event.token_ids)]
        if not isinstance(event, Done):
            return [event]
        rest = self._delta(self._parser.add("", True), ())
        stop = event.stop_string or self.stopped_by
        if stop is not None:
            event = msgspec.structs.replace(event, finish_reason="stop", stop_string=stop)
        elif self._called and event.finish_reason == "stop":
            event = msgspec.structs.replace(event, finish_reason="tool_calls")
        return [rest, event] if rest.text or rest.reasoning or rest.calls else [event]

    def _delta(self, parsed: Parsed, token_ids: tuple[int, ...]) -> Delta:
        self._called = self._called or bool(parsed.calls)
        return Delta(
            parsed.content, token_ids, parsed.reasoning, parsed.calls, self._told.take(parsed)
        )


def known(error: Exception) -> JimaeError:
    """An error that can be told; what is behind an unexpected one goes to the log."""
    if isinstance(error, JimaeError):
        return error
    reference = secrets.token_hex(4)
    log.error("%s", reference, exc_info=error)
    return JimaeError("internal_error", reference=reference)


class ContentLogprobs:
    """Finds the tokens whose text became content; those of reasoning, calls and marks are dropped.

    tokens   "<th" "ink>" "Hm" "</think>" "\\n\\n" "Hello"
    content                                         `---´   only this one is told
    """

    def __init__(self) -> None:
        # Bytes that were not passed on yet, and their token until it was told.
        self._left: deque[tuple[bytes, TokenLogprob | None]] = deque()

    def add(self, tokens: tuple[TokenLogprob, ...]) -> None:
        self._left.extend((token.piece, token) for token in tokens)

    def take(self, parsed: Parsed) -> tuple[TokenLogprob, ...]:
        """The tokens of `parsed.content`, which are gone then, and all before them too."""
        if not self._left:
            return ()
        raw = b"".join(piece for piece, _ in self._left)
        start = _behind(raw, parsed.reasoning)
        if not parsed.content:
            self._cut(len(raw) if parsed.calls else start)
            return ()
        content = parsed.content.encode()
        found = raw.find(content, start)
        if found < 0:
            # The text is not in the bytes: an unfinished character was replaced.
            found, content = start, raw[start:]
        self._cut(found)
        return tuple(token for token in self._cut(len(content), told=True) if token is not None)

    def _cut(self, n: int, *, told: bool = False) -> list[TokenLogprob | None]:
        """Remove `n` bytes; return their tokens. One of which bytes are left stays, unless told."""
        tokens = []
        while n > 0 and self._left:
            piece, token = self._left.popleft()
            tokens.append(token)
            if len(piece) > n:
                self._left.appendleft((piece[n:], None if told else token))
            n -= len(piece)
        return tokens


def _behind(raw: bytes, text: str) -> int:
    """Where the first occurrence of `text` ends; 0 without one."""
    found = raw.find(text.encode())
    return found + len(text.encode()) if text and found >= 0 else 0
