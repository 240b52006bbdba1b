"""A smaller model that guesses what a larger one will say, where that pays.

In a step that reads no prompt, the sequences for which prompt lookup has nothing may get a
draft of the draft model. The sampler then decides on each of its tokens as if it had come
alone, so that the distribution of the answer is the same. Source: speculative decoding
(Leviathan et al., 2023); drafts are greedy.

    propose        settle ─ plan ─ draft ─ read on        before the model's step
    after_step     what it brought and what it took       behind it

Everything is decided by what was measured: how often guesses are right, of each sequence; what
the model's steps cost by their size; what the draft model's do. A sequence has to be read in
before it can be drafted for. That is done in chunks, of one sequence at a time, and only where
it is likely to pay, or out of a small budget for finding out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from jimae.engine.acceptance import Acceptance
from jimae.engine.cost import CostModel
from jimae.engine.draft_cells import COMPARED, Copy, DraftCells
from jimae.engine.draft_price import Budget, Plan, choose_plan
from jimae.engine.sequence import Sequence
from jimae.engine.work import Limits, Size, Work, size_of
from jimae.errors import JimaeError
from jimae.llama.model import DecodeAbortedError, Model, NoRoomError

log = logging.getLogger(__name__)

READY = 8
"""A copy that misses more tokens than this is read on before it is drafted for."""

CHUNKS = (512, 256, 128, 64, 32, 16)
"""Tokens that may be read in one step."""

WORTH_COMPARING = 8
"""Tokens of an answer that have to be unread for it to be read only to find out."""

LOOK_EVERY = 16
"""Steps between two looks while nothing pays: looking takes time, too."""

FIRST_LENGTH = 256.0
"""Tokens of an answer, before any was seen."""


class Drafter:
    """Drafts for one engine, and keeps account of whether it pays. See `Engine.step`."""

    def __init__(
        self, draft: Model, model: Model, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Measures what small steps cost: of the `draft` model, and of the idle `model` that it
        drafts for."""
        self.main_cost = CostModel()
        self.main_cost.measure(model, clock)
        self.cells = DraftCells(draft, model.vocab.size, clock)
        self.budget = Budget()
        self._clock = clock
        # Of all sequences: what a new one begins with.
        self._acceptance = Acceptance(0.7, 8.0, 8.0)
        self._length = FIRST_LENGTH
        # The sequence that is being read in, and whether the last one has just been.
        self._reading: str | None = None
        self._found_out = False
        # Those that it cannot hold: too long, or with a token that it does not know.
        self._unreadable: set[str] = set()
        # Steps until it looks again whether anything pays, or what else is worth reading.
        self._rest = self._look_in = 0
        self._broken = False
        # Of a step with drafts: whose they are, what it should take without them, and what
        # drafting took.
        self._drafted: list[Work] = []
        self._plain = self._drafting = self._promised = 0.0

    # --- before a step ------------------------------------------------------------------

    def propose(self, work: list[Work], cost: CostModel, limits: Limits, target: float) -> None:
        """Add drafts to a step where they pay, and read on. Together with the step, which `cost`
        prices, this takes no more than about `target` seconds."""
        self._drafted = []
        if self._broken or self._rest:
            self._rest = max(0, self._rest - 1)
            return
        candidates = [w for w in work if self._is_candidate(w)]
        if not candidates or any(w.prompt for w in work):
            return
        step = _Step(size_of(work), limits, cost, target, _promised(work))
        try:
            self._propose(step, candidates)
        except (JimaeError, NoRoomError, DecodeAbortedError, ValueError) as error:
            log.error("the draft model failed and is not asked again", exc_info=error)
            self.cells.clear()
            self._broken = True

    def _propose(self, step: _Step, candidates: list[Work]) -> None:
        self.cells.settle()
        candidates.sort(key=lambda w: -self._acceptance_of(w).expected(4))
        ready = [w for w in candidates if self._is_ready(w)][: self.cells.most // (READY + 1)]
        plan = self._plan(step, ready)
        if self._found_out:
            self._found_out = False
            if plan is None:
                self.budget.in_vain()
        plain = step.seconds(0)
        if plan is not None:
            self._draft(step, ready[: plan.sequences], plan.length)
        taken = plan.seconds if plan is not None else plain
        reads = self._read_on(step, candidates, plain, step.target - taken)
        if plan is None and not reads:
            self._rest, self._look_in = LOOK_EVERY, 0

    def _is_candidate(self, work: Work) -> bool:
        sequence = work.sequence
        if sequence.id in self._unreadable or sequence.outputs.prompt_logprobs is not None:
            return False
        return sequence.decoding and not work.drafted and work.left > 0

    def _is_ready(self, work: Work) -> bool:
        copy = self.cells.get(work.sequence)
        return copy is not None and copy.missing <= READY

    def _acceptance_of(self, work: Work) -> Acceptance:
        copy = self.cells.get(work.sequence)
        return copy.acceptance if copy is not None else self._acceptance

    def _plan(self, step: _Step, group: list[Work], *, sure: bool = False) -> Plan | None:
        """The best plan for a group that is read in; `sure`: if every guess was right."""
        if not group:
            return None
        depths = [len(w.sequence.tokens) for w in group]
        missing = [copy.missing if (copy := self.cells.get(w.sequence)) else 0 for w in group]
        missing = [n if n <= READY else 0 for n in missing]
        predict = self.cells.cost.predict

        def drafting(m: int, n: int) -> float:
            first, pairs = m + sum(missing[:m]), sum(depths[:m])
            return predict(first, pairs * first // m, m) + (n - 1) * predict(m, pairs, m)

        depth = sum(depths) // len(depths)
        return choose_plan(
            [float if sure else self._acceptance_of(w).expected for w in group],
            step.tokens,
            lambda n: step.seconds(n, depth),
            drafting,
            room=step.limits.left(step.size),
            target=step.target,
        )

    def _draft(self, step: _Step, chosen: list[Work], length: int) -> None:
        copies = [copy for w in chosen if (copy := self.cells.get(w.sequence)) is not None]
        began = self._clock()
        drafts = self.cells.draft(copies, [min(length, w.left) for w in chosen])
        if drafts is None:
            return
        self._plain, self._promised = step.seconds(0), step.tokens
        self._drafting = self._clock() - began
        for w, copy, draft in zip(chosen, copies, drafts, strict=True):
            constraint = w.sequence.constraint
            n = constraint.confirm(draft) if constraint is not None else len(draft)
            w.add_draft(draft[:n], copy.acceptance, len(draft))
            self._drafted.append(w)

    # --- reading in ---------------------------------------------------------------------

    def _read_on(self, step: _Step, candidates: list[Work], pace: float, room: float) -> bool:
        """Read a chunk of a sequence, in about `pace` seconds; whether there is more to do."""
        unread = {w.sequence.id: w for w in candidates if not self._is_ready(w)}
        self._look_in = max(0, self._look_in - 1)
        if self._reading not in unread and not self._look_in:
            self._reading = self._choose_next(step, candidates, list(unread.values()))
            self._look_in = LOOK_EVERY if self._reading is None else 0
        if self._reading not in unread:
            return False
        sequence = unread[self._reading].sequence
        copy = self.cells.get(sequence) or self.cells.follow(
            sequence, Acceptance(self._acceptance.probability, 4.0, 8.0)
        )
        chunk = self._chunk(copy, pace, room)
        if not chunk:
            return False
        began = self._clock()
        compared = self.cells.read(copy, chunk)
        self.budget.spend(self._clock() - began)
        if compared is None:
            self._unreadable.add(sequence.id)
            self._reading = None
            return True
        for right in compared:
            self._saw(copy.acceptance, right)
        if copy.missing <= READY:
            self._reading, self._found_out = None, True
        return True

    def _choose_next(self, step: _Step, candidates: list[Work], unread: list[Work]) -> str | None:
        """The sequence that is most worth reading, by its id."""
        if not unread:
            return None
        plan = self._plan(step, candidates)
        if plan is not None:
            if self.budget.seconds < 0:
                return None
            gains = {
                w.sequence.id: self._gain(w, plan) - self._price(w)
                for w in candidates[: plan.sequences]
                if w in unread
            }
            best = max(gains, key=gains.__getitem__, default=None)
            return best if best is not None and gains[best] > 0 else None
        if self.budget.seconds <= 0 or self._plan(step, candidates, sure=True) is None:
            return None
        telling = [w for w in unread if self._compared(w) >= WORTH_COMPARING]
        cheapest = min(telling, key=self._price, default=None)
        if cheapest is None or self._price(cheapest) > self.budget.seconds:
            return None
        return cheapest.sequence.id

    def _gain(self, work: Work, plan: Plan) -> float:
        """Seconds that drafts for a sequence will save, if it goes on for as long as others did."""
        tokens = min(work.left, self._length)
        per_step = 1 + self._acceptance_of(work).expected(plan.length)
        return plan.saved / plan.sequences * tokens / per_step

    def _price(self, work: Work) -> float:
        """Seconds that reading what is missing of a sequence takes."""
        missing = self.cells.missing(work.sequence)
        start = len(work.sequence.tokens) - 1 - missing
        return self.cells.price(start, missing, min(COMPARED, self._compared(work)))

    def _compared(self, work: Work) -> int:
        """Tokens of the answer that reading it would compare."""
        return min(self.cells.missing(work.sequence), work.sequence.generated - 1)

    def _chunk(self, copy: Copy, pace: float, room: float) -> int:
        """How many tokens to read in `pace` seconds. The smallest chunk may take longer, but no
        more than the `room` in the step; 0 if it does."""
        for chunk in CHUNKS:
            n = min(chunk, copy.missing, self.cells.most)
            seconds = self.cells.price(copy.lease.length, n, COMPARED)
            if seconds <= min(pace, room) or (chunk == CHUNKS[-1] and seconds <= room):
                return n
        return 0

    # --- behind a step ------------------------------------------------------------------

    def after_step(self, seconds: float) -> None:
        """The step that `propose` was asked about took so long, without the drafting."""
        self.budget.earn(seconds)
        if not self._drafted:
            return
        confirmed = 0
        for w in self._drafted:
            confirmed += w.confirmed
            rights = [True] * w.confirmed + [False] * (w.confirmed < w.guessed)
            for right in rights:
                self._saw(w.guesses, right)
            self._acceptance.learn(w.guessed, w.confirmed)
        worth = self._plain * (self._promised + confirmed) / self._promised
        self.budget.gain(worth - seconds - self._drafting)

    def _saw(self, acceptance: Acceptance | None, right: bool) -> None:
        if acceptance is not None:
            acceptance.saw(right)
        self._acceptance.saw(right)

    def leave(self, sequence: Sequence) -> None:
        """A sequence does not run any more, for now or for good."""
        if sequence.generated:
            self._length += 0.1 * (sequence.generated - self._length)
        if self._reading == sequence.id:
            self._reading = None
        self._unreadable.discard(sequence.id)
        self._rest = self._look_in = 0  # whoever comes now is looked at
        self.cells.leave(sequence)

    def forget(self, scope: str) -> None:
        """Drop what is kept of the ended sequences of a scope."""
        self.cells.cache.forget(scope)


class _Step(NamedTuple):
    """A step without the drafts of the draft model: its size, its limits and its longest time,
    and the `tokens` that it will give."""

    size: Size
    limits: Limits
    cost: CostModel
    target: float
    tokens: float

    def seconds(self, n: int, depth: int = 0) -> float:
        """What it takes with `n` drafted tokens that each see about `depth` cells."""
        return self.cost.predict(*self.size.with_drafts(n, depth))


def _promised(work: list[Work]) -> float:
    return sum(1 + w.guesses.expected(w.drafted) if w.guesses else 1.0 for w in work)
