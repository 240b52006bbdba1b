"""What the scheduler sees: everybody who runs or waits, and what each would take."""

from __future__ import annotations

from collections.abc import Collection

from jimae.engine.prefix_cache import PrefixCache
from jimae.engine.queue import Queue
from jimae.engine.radix_tree import common_prefix
from jimae.engine.scheduler import QUANTUM, Running, Waiting
from jimae.engine.sequence import Sequence

WORTH_WAITING = 2 * QUANTUM
"""Shared prompt tokens from which a request waits for another that is computing them."""


def see_running(running: Collection[Sequence]) -> list[Running]:
    return [
        Running(
            s.id,
            s.principal.id,
            s.principal.priority,
            s.arrival,
            s.remaining,
            s.decoding,
            torn=s.decoding and s.detokenizer.torn,
        )
        for s in running
    ]


def see_waiting(
    queue: Queue, running: Collection[Sequence], cache: PrefixCache, *, reuse: bool, most: int
) -> list[Waiting]:
    """The first `most` of the queue. Without `reuse`, nothing is shared."""
    ahead = [s for s in running if not s.decoding]
    waiting = []
    for sequence in queue.in_order()[:most]:
        waiting.append(_look(sequence, ahead, cache, reuse=reuse and not sequence.scoring))
        ahead.append(sequence)
    return waiting


def _look(sequence: Sequence, ahead: list[Sequence], cache: PrefixCache, *, reuse: bool) -> Waiting:
    """What admitting a sequence would take; `ahead` are prompts that are read in before."""
    tokens = sequence.tokens
    cached = pinned = 0
    behind = False
    if reuse:
        cached, pinned = cache.measure(sequence.principal.scope, tokens, sequence.public)
        if not cache.whole_only:
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


def _is_behind(sequence: Sequence, other: Sequence, cached: int) -> bool:
    """Whether `other` is about to compute much of what `sequence` needs and is not `cached`.

    Who has begun to wait for it waits until it is past all that they share.
    """
    if other.scoring:
        return False
    shared = min(common_prefix(sequence.tokens, other.tokens), len(sequence.tokens) - 1)
    if (other.principal.scope, other.public) != (sequence.principal.scope, sequence.public):
        shared = min(shared, other.public, sequence.public)
    if shared <= other.computed:
        return False
    return sequence.leader == other.id or shared - cached >= WORTH_WAITING
