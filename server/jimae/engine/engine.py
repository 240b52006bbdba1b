"""One step of everything that runs: schedule, run, postprocess.

Nothing here waits, sleeps or talks to anybody: `step` is called by the one
thread that owns the model, and what happens is told through `emit`.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from jimae.engine.cost import CostModel
from jimae.engine.fairness import ServiceCounters
from jimae.engine.persistence import Persistence
from jimae.engine.prefix_cache import PrefixCache
from jimae.engine.prefix_store import PrefixStore
from jimae.engine.radix_tree import common_prefix
from jimae.engine.scheduler import QUANTUM, Running, View, Waiting, plan, rank
from jimae.engine.sequence import Sequence
from jimae.engine.work import Work, add_drafts, step_budget
from jimae.errors import JimaeError
from jimae.llama.model import DecodeAbortedError, Logits, Model, NoRoomError, Slice
from jimae.types import (
    Delta,
    Done,
    EngineStatus,
    Event,
    Failed,
    FinishReason,
    Prefill,
    Queued,
    Started,
    Timings,
    Usage,
)

log = logging.getLogger(__name__)

WORTH_WAITING = 2 * QUANTUM
"""Shared prompt tokens from which a request waits for another that is computing them."""


REPRODUCIBLE_CHUNK = 64
"""Tokens of a step of a reproducible engine."""


class EngineOptions(NamedTuple):
    """Limits of one engine. `target_itl` is in seconds.

    A `reproducible` engine runs one sequence at a time, in equal chunks, and
    reuses and guesses nothing: the same request meets the same arithmetic.
    """

    context: int
    parallel: int = 16
    max_queue: int = 128
    target_itl: float = 0.8
    reproducible: bool = False


class Engine:
    """Runs sequences on one model. Not thread-safe; see `loop`."""

    def __init__(
        self,
        model: Model,
        options: EngineOptions,
        emit: Callable[[str, Event], None],
        clock: Callable[[], float] = time.monotonic,
        store: PrefixStore | None = None,
    ) -> None:
        self.model = model
        self.options = options
        self.cache = PrefixCache(model, whole_only=model.memory == "recurrent")
        self._persistence = Persistence(self.cache, model, store) if store else None
        self.cost = CostModel()
        self._emit = emit
        self._clock = clock
        self._waiting: dict[str, Sequence] = {}
        self._running: dict[str, Sequence] = {}
        self._counters = ServiceCounters()
        self._steps = self._prefilled = self._reused = self._generated = 0
        self._drafted = self._confirmed = 0
        self._mean_seconds = 0.0
        self._in_step: frozenset[str] = frozenset()
        self._step_began: float | None = None

    # --- coming and going ---------------------------------------------------------------

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._running)

    def submit(self, sequence: Sequence) -> None:
        """Queue a sequence. Raises `queue_full`."""
        if self._must_wait() and len(self._waiting) >= self.options.max_queue:
            seconds = max(1.0, self._wait_estimate(len(self._waiting)) or 0.0)
            raise JimaeError(
                "queue_full",
                retry_after=math.ceil(seconds),
                waiting=len(self._waiting),
                seconds=math.ceil(seconds),
            )
        sequence.arrived_at = self._clock()
        if self._persistence is not None and self._reuses(sequence):
            self._persistence.restore(sequence)
        self._counters.arrive(
            sequence.principal.id,
            (s.principal.id for s in (*self._waiting.values(), *self._running.values())),
        )
        self._waiting[sequence.id] = sequence

    def cancel(self, sequence_id: str) -> None:
        """End a sequence without another word. Unknown ids are those that just ended."""
        sequence = self._waiting.pop(sequence_id, None) or self._running.pop(sequence_id, None)
        if sequence is not None:
            self._give_back(sequence)

    def only_in_step(self, sequence_id: str) -> bool:
        """Whether the present step computes this sequence and no other. Any thread may ask."""
        return self._in_step == {sequence_id}

    @property
    def step_seconds(self) -> float:
        """How long the present step has been running. Any thread may ask."""
        since = self._step_began
        return self._clock() - since if since is not None else 0.0

    def status(self) -> EngineStatus:
        return EngineStatus(
            running=len(self._running),
            waiting=len(self._waiting),
            kv_tokens_used=self.cache.cells_used,
            kv_tokens_total=self.cache.cells_total,
            sequences_cached=self.cache.sequences_idle,
            steps=self._steps,
            tokens_prefilled=self._prefilled,
            tokens_reused=self._reused,
            tokens_generated=self._generated,
            tokens_drafted=self._drafted,
            tokens_confirmed=self._confirmed,
        )

    # --- what outlives the process ------------------------------------------------------

    def save_one(self) -> bool:
        """Save one idle prefix that is worth it; whether there was one."""
        return self._persistence is not None and self._persistence.save_one()

    def forget(self, scope: str) -> None:
        """Drop what idle sequences of a scope hold, in memory and on disk."""
        self.cache.forget(scope)
        if self._persistence is not None:
            self._persistence.forget(scope)

    # --- the step -----------------------------------------------------------------------

    def step(self) -> bool:
        """Run one batch; whether there was anything to run."""
        work = [self._work(self._running[name], n) for name, n in self._schedule().items()]
        if not work:
            return False
        if not (self.cache.whole_only or self.options.reproducible):
            self._drafted += add_drafts(
                work,
                self.cost,
                room=self.cache.cells_total - self.cache.cells_pinned,
                rows=self.model.n_outputs,
                most=self.model.n_batch,
            )
        started = self._step_began = self._clock()
        self._in_step = frozenset(w.sequence.id for w in work)
        try:
            outputs = self._run(work)
        except DecodeAbortedError:
            return True
        except (JimaeError, NoRoomError, ValueError) as error:
            self._fail([w.sequence for w in work], error)
            return True
        finally:
            self._in_step = frozenset()
            self._step_began = None
        self.cost.observe(
            sum(len(w.tokens) for w in work),
            sum(w.pairs for w in work),
            self._clock() - started,
        )
        self._steps += 1
        self._postprocess(work, outputs)
        return True

    def _schedule(self) -> dict[str, int]:
        while True:
            chosen = plan(self._view())
            for name in chosen.pause:
                self.pause(name)
            if not (chosen.pause and not chosen.tokens and not chosen.admit):
                break
        for name in chosen.admit:
            self._admit(self._waiting.pop(name))
        self._tell_positions()
        return chosen.tokens

    def _work(self, sequence: Sequence, n: int) -> Work:
        if sequence.lease is None:
            raise AssertionError(f"{sequence.id} runs without a lease")
        start = sequence.computed
        tokens = sequence.tokens[start : start + n]
        last = start + n == len(sequence.tokens)
        return Work(sequence, sequence.lease, tokens, outputs=int(last))

    def _run(self, work: list[Work]) -> list[Logits]:
        if not self.cache.make_room(sum(len(w.tokens) for w in work)):
            raise NoRoomError
        return self.model.decode(
            [Slice(w.lease.seq_id, w.start, w.tokens, w.outputs) for w in work]
        )

    def _postprocess(self, work: list[Work], outputs: list[Logits]) -> None:
        rows = iter(outputs)
        for w in work:
            logits = [next(rows) for _ in range(w.outputs)]
            prompt = not w.sequence.decoding
            try:
                sampled = self._sample(w, logits)
            except ValueError as error:
                self._fail([w.sequence], error)
                continue
            computed = len(w.tokens) - max(0, w.outputs - len(sampled))
            if computed < len(w.tokens):
                self.model.seq_remove(w.lease.seq_id, w.start + computed)
            self.cache.extend(w.lease, w.tokens[:computed])
            user = w.sequence.principal.id
            if prompt:
                self._prefilled += computed
                self._counters.charge(user, prompt=computed)
            else:
                self._counters.charge(user, output=computed)
            if prompt and not sampled:
                self._emit(w.sequence.id, Prefill(w.sequence.computed, w.sequence.prompt_length))
            self._confirmed += max(0, len(sampled) - 1)
            for token in sampled:
                self._accept(w.sequence, token)

    def _sample(self, w: Work, logits: list[Logits]) -> list[int]:
        """The tokens that the sampler chooses: one, and one more for each draft it confirms."""
        sampled: list[int] = []
        drafts = w.drafts
        for index, row in enumerate(logits):
            token = w.sequence.sampler.sample(row)
            sampled.append(token)
            if token in w.sequence.end_tokens or index == len(drafts) or token != drafts[index]:
                break
        return sampled

    def _accept(self, sequence: Sequence, token: int) -> None:
        """Take a sampled token: into the text, and to the end of the sequence if it is one.

        What was sampled behind the end does not count.
        """
        if sequence.id not in self._running:
            return
        if sequence.first_token_at is None:
            sequence.first_token_at = self._clock()
        sequence.tokens.append(token)
        self._generated += 1
        if token in sequence.end_tokens:
            self._finish(sequence, "stop")
            return
        text = sequence.detokenizer.add(self.model.vocab.piece(token))
        stopped = sequence.detokenizer.stopped_by is not None
        full = (
            sequence.generated >= sequence.max_tokens
            or len(sequence.tokens) >= self.options.context
        )
        self._emit(sequence.id, Delta(text, (token,)))
        if stopped:
            self._finish(sequence, "stop")
        elif full:
            self._finish(sequence, "length")

    def _finish(self, sequence: Sequence, reason: FinishReason) -> None:
        if rest := sequence.detokenizer.finish():
            self._emit(sequence.id, Delta(rest, ()))
        stop = sequence.detokenizer.stopped_by
        now = self._clock()
        started = sequence.started_at or now
        first = sequence.first_token_at or now
        seconds = now - started
        self._mean_seconds += 0.2 * (seconds - self._mean_seconds)
        done = Done(
            finish_reason="stop" if stop is not None else reason,
            usage=Usage(sequence.prompt_length, sequence.generated, sequence.cached_tokens),
            timings=Timings(started - sequence.arrived_at, first - started, now - first),
            stop_string=stop,
        )
        del self._running[sequence.id]
        self._give_back(sequence)
        self._emit(sequence.id, done)

    def _fail(self, sequences: Iterable[Sequence], error: Exception) -> None:
        if isinstance(error, JimaeError):
            known = error
        else:
            log.error("a step failed", exc_info=error)
            known = JimaeError("decode_failed", status=str(error) or type(error).__name__)
        wire = known.to_wire()
        for sequence in sequences:
            del self._running[sequence.id]
            if sequence.lease is not None:
                self.cache.release(sequence.lease, keep=False)
            self._emit(sequence.id, Failed(wire.code, wire.param, wire.retry_after, wire.values))

    # --- leases -------------------------------------------------------------------------

    def _admit(self, sequence: Sequence) -> None:
        sequence.lease = self.cache.acquire(
            sequence.principal.scope,
            sequence.tokens,
            reuse=self._reuses(sequence),
        )
        self._running[sequence.id] = sequence
        if sequence.started_at is None:
            sequence.started_at = self._clock()
            sequence.cached_tokens = sequence.lease.cached
            self._reused += sequence.lease.cached
            self._emit(sequence.id, Started(sequence.prompt_length, sequence.lease.cached))

    def pause(self, sequence_id: str) -> None:
        """Back to the queue: its cells stay for as long as nobody needs them."""
        sequence = self._running.pop(sequence_id)
        self._give_back(sequence)
        sequence.told_position = 0
        self._waiting[sequence.id] = sequence

    def _reuses(self, sequence: Sequence) -> bool:
        return not (self.options.reproducible or sequence.scored)

    def _give_back(self, sequence: Sequence) -> None:
        if sequence.lease is not None:
            self.cache.release(sequence.lease, keep=not self.options.reproducible)
            sequence.lease = None

    # --- what the scheduler sees ----------------------------------------------------------

    def _view(self) -> View:
        running = [
            Running(s.id, s.principal.id, s.principal.priority, s.arrival, s.remaining, s.decoding)
            for s in self._running.values()
        ]
        # Nobody further back can be admitted in this step.
        candidates = self._queue()[: 2 * self.options.parallel]
        ahead = [s for s in self._running.values() if not s.decoding]
        waiting = []
        for sequence in candidates:
            waiting.append(self._look(sequence, ahead))
            ahead.append(sequence)
        return View(
            waiting=waiting,
            running=running,
            counters=self._counters.values,
            room=self.cache.cells_total - self.cache.cells_pinned,
            slots=min(self.options.parallel, self.model.n_seq),
            budget=self._budget(sum(not w.behind for w in waiting)),
        )

    def _budget(self, newcomers: int) -> int:
        if self.options.reproducible:
            return REPRODUCIBLE_CHUNK
        return step_budget(
            self._running.values(),
            newcomers,
            self.cost,
            self.options.target_itl,
            self.model.n_batch,
        )

    def _queue(self) -> list[Sequence]:
        """Who waits, first the one whose turn is next."""
        return sorted(
            self._waiting.values(),
            key=lambda s: rank(
                s.principal.id, s.principal.priority, s.arrival, self._counters.values
            ),
        )

    def _look(self, sequence: Sequence, ahead: list[Sequence]) -> Waiting:
        """What admitting a sequence would take; `ahead` are prompts that are read in before."""
        tokens = sequence.tokens
        cached = pinned = 0
        behind = False
        if self._reuses(sequence):
            cached, pinned = self.cache.measure(sequence.principal.scope, tokens)
            if not self.cache.whole_only:
                leader = next((o for o in ahead if _is_behind(sequence, o, cached)), None)
                sequence.leader = leader.id if leader is not None else None
                behind = leader is not None
        return Waiting(
            sequence.id,
            sequence.principal.id,
            sequence.principal.priority,
            sequence.arrival,
            needed=len(tokens) - cached,
            cost=len(tokens) - pinned,
            behind=behind,
        )

    # --- the queue ------------------------------------------------------------------------

    def _must_wait(self) -> bool:
        return bool(self._waiting) or len(self._running) >= self.options.parallel

    def _wait_estimate(self, position: int) -> float | None:
        """Seconds until the sequence at `position` (from 1) begins, if that can be said."""
        if not self._mean_seconds:
            return None
        return self._mean_seconds * position / self.options.parallel

    def _tell_positions(self) -> None:
        for position, sequence in enumerate(self._queue(), start=1):
            if sequence.told_position != position:
                sequence.told_position = position
                self._emit(sequence.id, Queued(position, self._wait_estimate(position)))


def _is_behind(sequence: Sequence, other: Sequence, cached: int) -> bool:
    """Whether `other` is about to compute much of what `sequence` needs and is not `cached`.

    Who has begun to wait for it waits until it is past all that they share.
    """
    if other.principal.scope != sequence.principal.scope or other.scored:
        return False
    shared = min(common_prefix(sequence.tokens, other.tokens), len(sequence.tokens) - 1)
    if shared <= other.computed:
        return False
    return sequence.leader == other.id or shared - cached >= WORTH_WAITING
