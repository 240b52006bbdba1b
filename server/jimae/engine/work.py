"""What a step consists of: its size, and the tokens that are guessed into it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jimae.engine.acceptance import Acceptance
from jimae.engine.cost import CostModel
from jimae.engine.prefix_cache import Lease
from jimae.engine.scheduler import Waiting
from jimae.engine.sequence import Sequence
from jimae.engine.speculation import draft_length

ROWS = 16
"""Steps are a multiple of this: the kernels work on blocks of rows."""

KNEE = 64
"""Steps below this size read a prompt markedly slower per token."""

KNEE_FACTOR = 1.6
"""How much longer than the target a step may take to reach the knee."""

IDLE_FACTOR = 3.0
"""How much longer than the target a step may take while nobody reads an answer."""

STRETCH = 1.3
"""How much longer than that a step may take to read every prompt to its end: what is left
over would cost a step of its own."""

CROWD_FACTOR = 2.0
"""And while at least as many wait for their first word as read: larger steps read faster."""


@dataclass
class Work:
    """What one sequence computes in a step.

    tokens  [ p p p p p p p p | d d d ]     its own, up to its `last`, and `drafted` ones
    logits        s s s s s n   n n n       s: tell of the prompt token that comes next
                  `---- outputs ----´       n: the next token is chosen from them

    `guesses` says how often the source of the drafts is right. It `guessed` so many tokens, of
    which the grammar may have let fewer be `drafted`; `confirmed` of them were right.
    """

    sequence: Sequence
    lease: Lease
    tokens: list[int]
    outputs: int
    last: bool
    drafted: int = 0
    guessed: int = 0
    confirmed: int = 0
    guesses: Acceptance | None = None

    def __post_init__(self) -> None:
        self.start = self.lease.length
        self.prompt = not self.sequence.decoding

    @property
    def chooses(self) -> bool:
        """Whether the next token of the sequence is wanted."""
        return self.last and self.sequence.outputs.next_token

    @property
    def pairs(self) -> int:
        """(token, cell) pairs that attention visits, rounded up."""
        return len(self.tokens) * (self.start + len(self.tokens))

    @property
    def drafts(self) -> list[int]:
        return self.tokens[len(self.tokens) - self.drafted :]

    @property
    def left(self) -> int:
        """Most tokens that it can use behind the next one."""
        return self.sequence.max_tokens - self.sequence.generated - 1

    def add_draft(self, draft: list[int], guesses: Acceptance, guessed: int) -> None:
        """Add what the grammar allows of `guessed` tokens."""
        self.tokens += draft
        self.outputs += len(draft)
        self.drafted, self.guessed, self.guesses = len(draft), guessed, guesses


class Size(NamedTuple):
    """What a step computes: tokens, (token, cell) pairs of attention, rows of logits."""

    tokens: int
    pairs: int
    rows: int

    def with_drafts(self, n: int, depth: int) -> Size:
        """The same with `n` drafted tokens that each see about `depth` cells."""
        return Size(self.tokens + n, self.pairs + n * depth, self.rows + n)


def size_of(work: Collection[Work]) -> Size:
    return Size(
        sum(len(w.tokens) for w in work),
        sum(w.pairs for w in work),
        sum(w.outputs for w in work),
    )


class Limits(NamedTuple):
    """Most of a step: cells of the cache, rows of logits, tokens."""

    cells: int
    rows: int
    tokens: int

    def left(self, size: Size) -> int:
        """Drafted tokens for which there is room beside a step of this size."""
        return min(min(self.cells, self.tokens) - size.tokens, self.rows - size.rows)


def share_out(sequences: Mapping[Sequence, int], rows: int) -> list[Work]:
    """What sequences compute of the tokens that each was given, with at most `rows` logits.

    A scored prompt wants a row of logits for each token, and gets fewer tokens if
    there are not as many.
    """
    spare = rows - len(sequences)
    work = []
    for sequence, n in sequences.items():
        w = _own_work(sequence, n, 1 + spare)
        spare -= max(0, w.outputs - 1)
        work.append(w)
    return work


def _own_work(sequence: Sequence, n: int, rows: int) -> Work:
    if sequence.lease is None:
        raise AssertionError(f"{sequence.id} runs without a lease")
    start = sequence.computed
    first = start
    if sequence.scoring:
        # Where it goes on after a pause, places before this one were told already.
        first = max(start, sequence.told - 1)
        n = min(n, first - start + rows)
    end = start + n
    last = end == len(sequence.tokens)
    outputs = max(0, end - first) if sequence.scoring else int(last)
    return Work(sequence, sequence.lease, sequence.tokens[start:end], outputs, last)


def step_budget(
    running: Collection[Sequence],
    newcomers: Collection[Waiting],
    cost: CostModel,
    target: float,
    most: int,
) -> int:
    """Tokens of the next step, decoding ones included, so that it takes about `target` seconds.

    `newcomers` wait to be admitted, and only for that. Some prompt tokens always fit, or nobody who
    waits would ever be read in.
    """
    reading = [s for s in running if s.decoding]
    prompts = [s for s in running if not s.decoding]
    depth = max((s.computed for s in prompts), default=0)
    wanted = sum(s.remaining for s in prompts) + sum(w.needed for w in newcomers)
    pairs = sum(len(s.tokens) for s in reading)
    if not reading:
        target *= IDLE_FACTOR
    elif len(prompts) + len(newcomers) >= len(reading):
        target *= CROWD_FACTOR
    least = len(reading) + ROWS

    def seconds(total: int) -> float:
        chunk = total - len(reading)
        return cost.predict(total, pairs + chunk * (depth + chunk), len(reading) + 1)

    whole = len(reading) + wanted
    if least < whole <= most and seconds(whole) <= target * STRETCH:
        return whole
    for total in range(most - most % ROWS, least, -ROWS):
        if seconds(total) <= (target * KNEE_FACTOR if total <= KNEE else target):
            return total
    return min(least, most)


def add_drafts(work: Collection[Work], cost: CostModel, limits: Limits) -> None:
    """Append tokens that prompt lookup guesses to decoding sequences where it pays."""
    size = size_of(work)
    for w in work:
        if not w.sequence.decoding:
            continue
        draft = w.sequence.draft()
        available = min(len(draft), limits.left(size), w.left)
        if available <= 0:
            continue
        depth = w.start + available

        def seconds(n: int, size: Size = size, depth: int = depth) -> float:
            return cost.predict(*size.with_drafts(n - size.tokens, depth))

        guesses = w.sequence.lookup.acceptance
        n = draft_length(available, guesses.expected, size.tokens, seconds)
        if n:
            w.add_draft(draft[:n], guesses, n)
            size = size.with_drafts(n, depth)
