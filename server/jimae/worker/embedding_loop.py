"""The thread that makes vectors and scores."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from jimae.errors import JimaeError
from jimae.types import Failed, GenerateRequest
from jimae.worker.embedding import Embedding, Emit

log = logging.getLogger(__name__)

Command = Callable[[], None]


class EmbeddingLoop:
    """Runs an `Embedding` in a thread of its own. All methods may be called from any thread."""

    def __init__(self, embedding: Embedding, emit: Emit, on_crash: Callable[[], None]) -> None:
        """`on_crash` is called if the thread ends by a mistake: nobody is answered any more."""
        self._embedding = embedding
        self._emit = emit
        self._on_crash = on_crash
        self._inbox: deque[Command] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._live, name="embedding", daemon=True)

    @property
    def step_seconds(self) -> float:
        return self._embedding.step_seconds

    @property
    def waiting(self) -> int:
        return self._embedding.waiting

    @property
    def reading(self) -> int:
        return self._embedding.reading

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its present batch; what runs is not finished."""
        self._stopping = True
        self._put(lambda: None)
        self._thread.join()

    def submit(self, request: GenerateRequest, ids: list[int]) -> None:
        """Queue a prompt; if it cannot be, its `Failed` event says why."""

        def command() -> None:
            try:
                self._embedding.submit(request, ids)
            except JimaeError as error:
                wire = error.to_wire()
                failed = Failed(wire.code, wire.param, wire.retry_after, wire.values)
                self._emit(request.id, failed)

        self._put(command)

    def cancel(self, request_id: str) -> None:
        self._put(lambda: self._embedding.cancel(request_id))

    def _put(self, command: Command) -> None:
        with self._wake:
            self._inbox.append(command)
            self._wake.notify()

    def _live(self) -> None:
        try:
            self._run()
        except Exception:
            log.exception("the embedder crashed")
            self._on_crash()

    def _run(self) -> None:
        while not self._stopping:
            with self._wake:
                while not self._inbox and not self._embedding.busy:
                    self._wake.wait()
            while self._inbox:
                self._inbox.popleft()()
            if not self._stopping and self._embedding.busy:
                self._embedding.step()
