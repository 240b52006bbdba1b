"""Vectors and scores: whose prompts are read next, in batches.

    waiting --(whose turn it is)--> reading: a sequence id and cells --> Embedded, Done

People take turns as in the engine: before each batch, who was served least goes
first. On weights that also write answers, batches are small and decode in
turn with the engine's steps, so that nobody who reads waits for a long text to embed.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from jimae.engine.fairness import ServiceCounters
from jimae.engine.scheduler import rank
from jimae.errors import JimaeError
from jimae.llama.embedder import Embedder, Vector
from jimae.llama.model import NoRoomError, Slice
from jimae.types import (
    Done,
    Embedded,
    Event,
    Failed,
    GenerateRequest,
    Principal,
    Queued,
    Started,
    Timings,
    Usage,
)

log = logging.getLogger(__name__)

MAX_WAITING: Final = 1024
BUSY_SECONDS: Final = 2.0

Emit = Callable[[str, Event], None]


def to_length_one(vector: Vector) -> Vector:
    """So that the product of two is their cosine. A null vector stays what it is."""
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


@dataclass
class Job:
    """One prompt. `done` of its tokens are read into `seq_id`; times in seconds."""

    id: str
    principal: Principal
    ids: list[int]
    score: bool
    arrival: int
    arrived_at: float
    seq_id: int = -1
    done: int = 0
    started_at: float = 0.0

    @property
    def remaining(self) -> int:
        return len(self.ids) - self.done


class Embedding:
    """Reads prompts with one embedder. Not thread-safe; see `EmbeddingLoop`.

    `make` is called for the first request: a context that nobody needs takes no memory.
    """

    def __init__(
        self, make: Callable[[], Embedder], emit: Emit, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = make
        self._emit = emit
        self._clock = clock
        self._embedder: Embedder | None = None
        self._arrivals = itertools.count()
        self._waiting: dict[str, Job] = {}
        self._reading: dict[str, Job] = {}
        self._free: list[int] = []
        self._counters = ServiceCounters()
        self._step_began: float | None = None

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._reading)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def reading(self) -> int:
        return len(self._reading)

    @property
    def step_seconds(self) -> float:
        """How long the present batch has been running. Any thread may ask."""
        since = self._step_began
        return self._clock() - since if since is not None else 0.0

    def submit(self, request: GenerateRequest, ids: list[int]) -> None:
        """Queue a prompt. Raises `queue_full`, `input_too_long`, `model_load_failed`."""
        if len(self._waiting) >= MAX_WAITING:
            raise JimaeError(
                "queue_full",
                retry_after=BUSY_SECONDS,
                waiting=len(self._waiting),
                seconds=round(BUSY_SECONDS),
            )
        limit = self._ready().limits.prompt
        if len(ids) > limit:
            raise JimaeError(
                "input_too_long",
                param="input",
                tokens=len(ids),
                limit=limit,
                excess=len(ids) - limit,
            )
        user = request.principal.id
        self._counters.arrive(user, {job.principal.id for job in self._jobs()})
        if self.busy:
            self._emit(request.id, Queued(len(self._waiting) + 1))
        self._waiting[request.id] = Job(
            request.id,
            request.principal,
            ids,
            score=request.outputs.score,
            arrival=next(self._arrivals),
            arrived_at=self._clock(),
        )

    def cancel(self, request_id: str) -> None:
        """End a request without another word. Unknown ids are those that just ended."""
        self._waiting.pop(request_id, None)
        if request_id in self._reading:
            self._release(self._reading[request_id])

    def step(self) -> None:
        """Read one batch."""
        embedder = self._ready()
        self._admit(embedder)
        pieces = self._pieces(embedder)
        self._step_began = self._clock()
        try:
            embedder.read([piece for _, piece in pieces])
        except (JimaeError, NoRoomError, ValueError) as error:
            self._fail([job for job, _ in pieces], error)
            return
        finally:
            self._step_began = None
        for job, piece in pieces:
            job.done += len(piece.tokens)
            self._counters.charge(job.principal.id, prompt=len(piece.tokens))
            if not job.remaining:
                self._finish(embedder, job)

    # --- what is read next ----------------------------------------------------------------

    def _jobs(self) -> Iterable[Job]:
        return itertools.chain(self._waiting.values(), self._reading.values())

    def _in_turn(self, jobs: Iterable[Job]) -> list[Job]:
        return sorted(
            jobs,
            key=lambda job: rank(
                job.principal.id, job.principal.priority, job.arrival, self._counters.values
            ),
        )

    def _admit(self, embedder: Embedder) -> None:
        """Give sequence ids and cells to those whose turn it is. Nobody is overtaken by a
        shorter prompt: a long one would wait for ever."""
        room = embedder.limits.cells - sum(len(job.ids) for job in self._reading.values())
        for job in self._in_turn(self._waiting.values()):
            if not self._free or len(job.ids) > room:
                break
            room -= len(job.ids)
            job.seq_id = self._free.pop()
            job.started_at = self._clock()
            self._reading[job.id] = self._waiting.pop(job.id)
            self._emit(job.id, Started(len(job.ids), 0))

    def _pieces(self, embedder: Embedder) -> list[tuple[Job, Slice]]:
        """The next batch. The first in turn always has room in it."""
        room = embedder.limits.batch
        pieces: list[tuple[Job, Slice]] = []
        for job in self._in_turn(self._reading.values()):
            n = min(job.remaining, room)
            if n == 0 or (embedder.limits.whole and n < job.remaining):
                break
            tokens = job.ids[job.done : job.done + n]
            pieces.append((job, Slice(job.seq_id, job.done, tokens, n)))
            room -= n
        return pieces

    # --- ends -----------------------------------------------------------------------------

    def _finish(self, embedder: Embedder, job: Job) -> None:
        vector = embedder.take(job.seq_id)
        self._give_back(job)
        if not np.isfinite(vector).all():
            self._tell(job.id, JimaeError("decode_failed", status="a vector that is no number"))
            return
        said = vector[:1] if job.score else to_length_one(vector)
        self._emit(job.id, Embedded(said.astype("<f4").tobytes()))
        now = self._clock()
        timings = Timings(job.started_at - job.arrived_at, now - job.started_at, 0.0)
        self._emit(job.id, Done("stop", Usage(len(job.ids), 0), timings))

    def _fail(self, jobs: Iterable[Job], error: Exception) -> None:
        if isinstance(error, JimaeError):
            known = error
        else:
            log.error("a batch failed", exc_info=error)
            known = JimaeError("decode_failed", status=type(error).__name__)
        for job in jobs:
            self._release(job)
            self._tell(job.id, known)

    def _tell(self, request_id: str, error: JimaeError) -> None:
        wire = error.to_wire()
        self._emit(request_id, Failed(wire.code, wire.param, wire.retry_after, wire.values))

    def _release(self, job: Job) -> None:
        if self._embedder is not None:
            self._embedder.drop(job.seq_id)
        self._give_back(job)

    def _give_back(self, job: Job) -> None:
        del self._reading[job.id]
        self._free.append(job.seq_id)

    def _ready(self) -> Embedder:
        if self._embedder is None:
            self._embedder = self._make()
            self._free = list(range(self._embedder.limits.sequences))
        return self._embedder
