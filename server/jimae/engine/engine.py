"""One step of everything that runs: schedule, run, postprocess.

Nothing here waits, sleeps or talks to anybody: `step` is called by the one
thread that owns the model, and what happens is told through `emit`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from jimae.engine import outlook
from jimae.engine.choice import Chosen, choose, tell_prompt
from jimae.engine.cost import CostModel
from jimae.engine.drafter import Drafter
from jimae.engine.logprobs import LogProbs
from jimae.engine.persistence import Persistence
from jimae.engine.prefix_cache import PrefixCache
from jimae.engine.prefix_store import PrefixStore
from jimae.engine.queue import Queue
from jimae.engine.scheduler import MENDING_STEPS, View, Waiting, plan
from jimae.engine.sequence import Sequence
from jimae.engine.work import Limits, Work, add_drafts, share_out, size_of, step_budget
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
    PromptLogprobs,
    Started,
    Timings,
    Usage,
)

log = logging.getLogger(__name__)

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
        drafter: Drafter | None = None,
    ) -> None:
        self.model = model
        self.options = options
        self.cache = PrefixCache(model, whole_only=model.memory == "recurrent")
        self._persistence = Persistence(self.cache, model, store) if store else None
        self.cost = drafter.main_cost if drafter is not None else CostModel()
        self._drafter = drafter
        self._emit = emit
        self._clock = clock
        self._logprobs = LogProbs(model.vocab)
        self._queue = Queue(options.parallel, options.max_queue)
        self._running: dict[str, Sequence] = {}
        self._steps = self._prefilled = self._reused = self._generated = 0
        self._drafted = self._confirmed = 0
        self._since_prompt = MENDING_STEPS
        self._in_step: frozenset[str] = frozenset()
        self._step_began: float | None = None

    # --- coming and going ---------------------------------------------------------------

    @property
    def busy(self) -> bool:
        return bool(self._queue or self._running)

    def submit(self, sequence: Sequence) -> None:
        """Queue a sequence. Raises `queue_full`."""
        self._queue.check_room(len(self._running))
        sequence.arrived_at = self._clock()
        if self._persistence is not None and self._reuses(sequence):
            self._persistence.restore(sequence)
        self._queue.arrive(sequence, self._running.values())

    def cancel(self, sequence_id: str) -> None:
        """End a sequence without another word. Unknown ids are those that just ended."""
        sequence = self._queue.take(sequence_id) or self._running.pop(sequence_id, None)
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
            waiting=len(self._queue),
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

    def tidy(self) -> bool:
        """Do one thing for which there is time while nobody asks; whether there was one."""
        return self.save_one() or (self._persistence is not None and self._persistence.retire())

    def forget(self, scope: str) -> None:
        """Drop what idle sequences of a scope hold, in memory and on disk."""
        self.cache.forget(scope)
        if self._drafter is not None:
            self._drafter.forget(scope)
        if self._persistence is not None:
            self._persistence.forget(scope)

    # --- the step -----------------------------------------------------------------------

    def step(self) -> bool:
        """Run one batch; whether there was anything to run."""
        work = share_out(self._schedule(), self.model.n_outputs)
        if not work:
            return False
        self._step_began = self._clock()
        if not (self.cache.whole_only or self.options.reproducible):
            self._guess(work)
        for w in work:
            if w.chooses and w.sequence.constraint is not None:
                w.sequence.constraint.begin(w.drafts)
        started = self._clock()
        self._in_step = frozenset(w.sequence.id for w in work)
        try:
            outputs = self._run(work)
        except DecodeAbortedError:
            for w in work:
                if w.chooses and w.sequence.constraint is not None:
                    with suppress(JimaeError):  # it is asked again in the next step
                        w.sequence.constraint.masks()
            return True
        except (JimaeError, NoRoomError, ValueError) as error:
            self._fail([w.sequence for w in work], error)
            return True
        finally:
            self._in_step = frozenset()
            self._step_began = None
        seconds = self._clock() - started
        self.cost.observe(*size_of(work), seconds)
        self._steps += 1
        self._since_prompt = 0 if any(w.prompt for w in work) else self._since_prompt + 1
        self._postprocess(work, outputs)
        if self._drafter is not None:
            self._drafter.after_step(seconds)
        return True

    def _guess(self, work: list[Work]) -> None:
        """Add tokens that are likely to come next to decoding sequences, where it pays."""
        limits = Limits(
            cells=self.cache.cells_total - self.cache.cells_pinned,
            rows=self.model.n_outputs,
            tokens=self.model.n_batch,
        )
        add_drafts(work, self.cost, limits)
        if self._drafter is not None:
            self._drafter.propose(work, self.cost, limits, self.options.target_itl)
        self._drafted += sum(w.drafted for w in work)

    def _schedule(self) -> dict[Sequence, int]:
        """How many of its tokens each running sequence computes in this step."""
        while True:
            chosen = plan(self._view())
            for name in chosen.pause:
                self.pause(name)
            if not (chosen.pause and not chosen.tokens and not chosen.admit):
                break
        for name in chosen.admit:
            self._admit(name)
        for name, news in self._queue.news():
            self._emit(name, news)
        return {self._running[name]: n for name, n in chosen.tokens.items()}

    def _view(self) -> View:
        running = self._running.values()
        waiting = outlook.see_waiting(
            self._queue,
            running,
            self.cache,
            reuse=not self.options.reproducible,
            # Nobody further back can be admitted in this step.
            most=2 * self.options.parallel,
        )
        return View(
            waiting=waiting,
            running=outlook.see_running(running),
            counters=self._queue.counters.values,
            room=self.cache.cells_total - self.cache.cells_pinned,
            slots=min(self.options.parallel, self.model.n_seq),
            budget=self._budget([w for w in waiting if not w.behind]),
            since_prompt=self._since_prompt,
        )

    def _budget(self, newcomers: list[Waiting]) -> int:
        if self.options.reproducible:
            return REPRODUCIBLE_CHUNK
        return step_budget(
            self._running.values(),
            newcomers,
            self.cost,
            self.options.target_itl,
            self.model.n_batch,
        )

    def _run(self, work: list[Work]) -> list[Logits]:
        if not self.cache.make_room(sum(len(w.tokens) for w in work)):
            raise NoRoomError
        return self.model.decode(
            [Slice(w.lease.seq_id, w.start, w.tokens, w.outputs) for w in work]
        )

    def _postprocess(self, work: list[Work], outputs: list[Logits]) -> None:
        rest = iter(outputs)
        for w in work:
            rows = [next(rest) for _ in range(w.outputs)]
            try:
                self._conclude(w, rows)
            except (JimaeError, ValueError) as error:
                self._fail([w.sequence], error)

    def _conclude(self, w: Work, rows: list[Logits]) -> None:
        """Take what a step gave for one sequence: its cells, probabilities, tokens."""
        sequence, user = w.sequence, w.sequence.principal.id
        told = tell_prompt(w, rows, self._logprobs) if sequence.scoring else []
        chosen = choose(w, rows[-1 - w.drafted :], self._logprobs) if w.chooses else []
        w.confirmed = confirmed = max(0, len(chosen) - 1)
        computed = len(w.tokens) - w.drafted + confirmed
        if computed < len(w.tokens):
            self.model.seq_remove(w.lease.seq_id, w.start + computed)
        self.cache.extend(w.lease, w.tokens[:computed])
        self._confirmed += confirmed
        if w.guesses is not None:
            w.guesses.learn(w.guessed, confirmed)
        if w.prompt:
            self._prefilled += computed
            self._queue.counters.charge(user, prompt=computed)
        else:
            self._queue.counters.charge(user, output=computed)
        if told:
            self._emit(sequence.id, PromptLogprobs(tuple(told)))
        if w.prompt and not w.last:
            self._emit(sequence.id, Prefill(sequence.computed, sequence.prompt_length))
        for each in chosen:
            if sequence.id in self._running:  # what was chosen behind the end does not count
                self._accept(sequence, each)
        if w.last and not w.chooses:
            self._finish(sequence, "length")

    def _accept(self, sequence: Sequence, chosen: Chosen) -> None:
        """Take a token: into the text, and to the end of the sequence if it is one."""
        token = chosen.token
        if sequence.first_token_at is None:
            sequence.first_token_at = self._clock()
        sequence.tokens.append(token)
        self._generated += 1
        if token in sequence.end_tokens:
            self._finish(sequence, "stop")
            return
        piece = self.model.vocab.piece(token, special=sequence.special_text)
        text = sequence.detokenizer.add(piece)
        for event in sequence.read(Delta(text, (token,), logprobs=chosen.logprobs)):
            self._emit(sequence.id, event)
        full = (
            sequence.generated >= sequence.max_tokens
            or len(sequence.tokens) >= self.options.context
        )
        if chosen.ends or sequence.stopped_by is not None:
            self._finish(sequence, "stop")
        elif full:
            self._finish(sequence, "length")

    def _finish(self, sequence: Sequence, reason: FinishReason) -> None:
        rest = sequence.detokenizer.finish()
        told = sequence.read(Delta(rest, ())) if rest else []
        stop = sequence.stopped_by
        now = self._clock()
        started = sequence.started_at or now
        first = sequence.first_token_at or now
        self._queue.observe(now - started)
        done = Done(
            finish_reason="stop" if stop is not None else reason,
            usage=Usage(sequence.prompt_length, sequence.generated, sequence.cached_tokens),
            timings=Timings(started - sequence.arrived_at, first - started, now - first),
            stop_string=stop,
        )
        told += sequence.read(done)
        del self._running[sequence.id]
        self._give_back(sequence)
        for event in told:
            self._emit(sequence.id, event)

    def _fail(self, sequences: Iterable[Sequence], error: Exception) -> None:
        if isinstance(error, JimaeError):
            known = error
        else:
            log.error("a step failed", exc_info=error)
            known = JimaeError("decode_failed", status=type(error).__name__)
        wire = known.to_wire()
        for sequence in sequences:
            del self._running[sequence.id]
            self._give_back(sequence, keep=False)
            self._emit(sequence.id, Failed(wire.code, wire.param, wire.retry_after, wire.values))

    # --- leases -------------------------------------------------------------------------

    def _admit(self, sequence_id: str) -> None:
        sequence = self._queue.take(sequence_id)
        if sequence is None:
            raise AssertionError(f"{sequence_id} does not wait")
        lease = self.cache.acquire(
            sequence.principal.scope,
            sequence.tokens,
            sequence.public,
            reuse=self._reuses(sequence),
        )
        sequence.lease = lease
        self._running[sequence.id] = sequence
        if sequence.started_at is None:
            sequence.started_at = self._clock()
            sequence.cached_tokens = lease.cached
            self._reused += lease.cached
            self._emit(sequence.id, Started(sequence.prompt_length, lease.cached))

    def pause(self, sequence_id: str) -> None:
        """Back to the queue: its cells stay for as long as nobody needs them."""
        sequence = self._running.pop(sequence_id)
        self._give_back(sequence)
        self._queue.put_back(sequence)

    def _reuses(self, sequence: Sequence) -> bool:
        return not (self.options.reproducible or sequence.scoring)

    def _give_back(self, sequence: Sequence, *, keep: bool = True) -> None:
        if sequence.lease is None:
            return
        if self._drafter is not None:
            self._drafter.leave(sequence)
        self.cache.release(sequence.lease, keep=keep and not self.options.reproducible)
        sequence.lease = None
