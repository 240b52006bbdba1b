"""The one thread that owns a model: takes commands between steps, and steps."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from jimae.engine.engine import Engine
from jimae.engine.sequence import Sequence
from jimae.errors import JimaeError
from jimae.types import Event, Failed

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
"""Quiet time before prefixes are saved: who asks next does not wait for it."""

STUCK_SECONDS = 0.01

GATHER_SECONDS = 0.016
GATHER_MOST_SECONDS = 0.1
"""How long an idle engine waits for others after a request, and in all: who comes in the
same moment is then read in the same step, and not behind the first one's answer."""

T = TypeVar("T")
Command = Callable[[], None]


class EngineLoop:
    """Runs an engine in a thread of its own. All methods may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        emit: Callable[[str, Event], None],
        on_crash: Callable[[], None],
    ) -> None:
        """`on_crash` is called if the thread ends by a mistake: nobody is answered any more."""
        self._on_crash = on_crash
        self._engine = engine
        self._emit = emit
        self._inbox: deque[Command] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._live, name="engine", daemon=True)

    @property
    def context(self) -> int:
        """Most tokens of one sequence."""
        return self._engine.options.context

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its present step; what runs is not finished."""
        self._stopping = True
        self._engine.model.abort()
        self._put(lambda: None)
        self._thread.join()

    def submit(self, sequence: Sequence) -> None:
        """Queue a sequence; if it cannot be, its `Failed` event says why."""

        def command() -> None:
            try:
                self._engine.submit(sequence)
            except JimaeError as error:
                wire = error.to_wire()
                self._emit(
                    sequence.id, Failed(wire.code, wire.param, wire.retry_after, wire.values)
                )

        self._put(command)

    def cancel(self, sequence_id: str) -> None:
        """End a sequence. If nobody else is in the present step, the step ends too.

        Not where memory cannot be cut: an aborted step could not be taken back.
        """
        if not self._engine.cache.whole_only and self._engine.only_in_step(sequence_id):
            self._engine.model.abort()
        self._put(lambda: self._engine.cancel(sequence_id))

    def call(self, function: Callable[[Engine], T]) -> Future[T]:
        """Run a function on the engine's thread between two steps."""
        future: Future[T] = Future()

        def command() -> None:
            try:
                future.set_result(function(self._engine))
            except Exception as error:  # whatever it is belongs to who asked
                future.set_exception(error)

        self._put(command)
        return future

    def _put(self, command: Command) -> None:
        with self._wake:
            self._inbox.append(command)
            self._wake.notify()

    def _take(self) -> None:
        while self._inbox:
            self._inbox.popleft()()

    def _gather(self) -> None:
        """Take what else comes, for as long as it keeps coming."""
        until = time.monotonic() + GATHER_MOST_SECONDS
        while not self._stopping and (left := until - time.monotonic()) > 0:
            with self._wake:
                if not self._wake.wait_for(lambda: bool(self._inbox), min(left, GATHER_SECONDS)):
                    return
            self._take()

    def _live(self) -> None:
        try:
            self._run()
        except Exception:
            log.exception("the engine crashed")
            self._on_crash()

    def _run(self) -> None:
        unsaved = False
        while not self._stopping:
            idle = not self._engine.busy
            with self._wake:
                while not self._inbox and not self._engine.busy:
                    if not self._wake.wait(IDLE_SECONDS if unsaved else None):
                        break
            if not self._inbox and not self._engine.busy:
                unsaved = self._engine.tidy()
                continue
            unsaved = True
            self._take()
            if idle and self._engine.busy:
                self._gather()
            if not self._stopping and self._engine.busy and not self._engine.step():
                # Everybody waits for something that a step does not change.
                with self._wake:
                    self._wake.wait(STUCK_SECONDS)
