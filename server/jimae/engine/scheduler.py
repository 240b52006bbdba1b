"""Which sequences run in the next step, and how much of each. Pure functions.

    view of the engine  ->  plan(view)  ->  admit, pause, tokens per sequence

Policy, in order:

1. Every decoding sequence gets its token: who reads is never stopped by who waits.
2. The rest of the step goes to prompts, under a token budget that keeps the
   step's time near its target while somebody reads.
3. After a step that read a prompt, a short one completes the characters that it left
   torn: who reads Japanese must not wait for two long steps to see one character.
4. Who goes next is who was served least: virtual token counters per user
   (VTC, Sheng et al., OSDI 2024), interactive before batch.
5. When the KV cache is full the youngest sequence is paused, not failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jimae.types import Priority

QUANTUM = 32
"""Prompt tokens are handed out in pieces of this size: a row block of the kernels."""

HEADROOM = 8
"""Cells per running sequence that admission leaves free, so that nobody is
admitted only to be paused a few tokens later."""


MENDING_STEPS = 2
"""Short steps in a row that complete characters: most have three bytes, and so at most three
tokens."""


class Waiting(NamedTuple):
    """A sequence without cells.

    `needed` tokens would be computed; `cost` cells would be taken from the room,
    those that are cached but idle included. `behind` is set while another
    sequence, running or before this one in the queue, is about to compute a
    prefix of its prompt: waiting for that is cheaper.
    """

    id: str
    user: str
    priority: Priority
    arrival: int
    needed: int
    cost: int
    behind: bool = False


class Running(NamedTuple):
    """A sequence with cells; `remaining` tokens are to be computed before the next sample.

    `torn` is set while its last token left a character unfinished.
    """

    id: str
    user: str
    priority: Priority
    arrival: int
    remaining: int
    decoding: bool
    torn: bool = False


class View(NamedTuple):
    """What a plan is made from. `waiting` is in the order of `rank`."""

    waiting: Sequence[Waiting]
    running: Sequence[Running]
    counters: Mapping[str, float]
    """Service that each user has had, in virtual tokens."""
    room: int
    """Cells that are free or can be evicted."""
    slots: int
    """Most sequences that may run at once."""
    budget: int
    """Most tokens of this step, decoding ones included."""
    since_prompt: int = MENDING_STEPS
    """Steps since the last one that read a prompt."""


class Plan(NamedTuple):
    """What to do: the engine pauses, then admits, then runs `tokens`.

    `tokens` counts tokens to compute per running sequence; one for a decoding one.
    A plan that only pauses asks to be made again, with the room that this gives.
    """

    pause: list[str]
    admit: list[str]
    tokens: dict[str, int]


def plan(view: View) -> Plan:
    """Plan the next step. The same view gives the same plan."""
    if (victim := _overflow(view)) is not None:
        return Plan([victim], [], {})
    if view.since_prompt < MENDING_STEPS and (torn := [r.id for r in view.running if r.torn]):
        return Plan([], [], dict.fromkeys(torn, 1))
    displaced, admitted = _admissions(view)
    running = [r for r in view.running if r.id not in displaced]
    tokens = {r.id: 1 for r in running if r.decoding}
    prompts = [r for r in running if not r.decoding]
    prompts += [Running(w.id, w.user, w.priority, w.arrival, w.needed, False) for w in admitted]
    budget = min(view.budget, view.room) - len(tokens)
    tokens |= _share(prompts, budget, view.counters)
    return Plan(displaced, [w.id for w in admitted], tokens)


def _overflow(view: View) -> str | None:
    """The youngest sequence, if there are not enough cells for every running one to go on."""
    needed = max(1, sum(r.decoding for r in view.running))
    if needed <= view.room or len(view.running) < 2:
        return None
    return max(view.running, key=lambda r: (r.priority == "batch", r.arrival)).id


def _admissions(view: View) -> tuple[list[str], list[Waiting]]:
    """Who begins now, and who gives up a slot for that (ids)."""
    room = view.room - sum(r.remaining for r in view.running)
    running = list(view.running)
    displaced: list[str] = []
    admitted: list[Waiting] = []
    per_user = Counter(r.user for r in running)
    for candidate in view.waiting:
        if candidate.behind:
            continue
        count = len(running) + len(admitted)
        if candidate.cost + (HEADROOM * count if count else 0) > room:
            break
        if count >= view.slots:
            victim = _displaceable(candidate, running, per_user)
            if victim is None:
                break
            running.remove(victim)
            displaced.append(victim.id)
            per_user[victim.user] -= 1
        admitted.append(candidate)
        per_user[candidate.user] += 1
        room -= candidate.cost
    return displaced, admitted


def _displaceable(
    candidate: Waiting, running: Sequence[Running], per_user: Counter[str]
) -> Running | None:
    """The youngest sequence of the user with the most, if that user has two more.

    Interactive work displaces batch work of anyone.
    """
    if candidate.priority == "interactive":
        batch = [r for r in running if r.priority == "batch"]
        if batch:
            return max(batch, key=lambda r: r.arrival)
    victims = [
        r
        for r in running
        if r.priority == candidate.priority and per_user[r.user] > per_user[candidate.user] + 1
    ]
    return max(victims, key=lambda r: (per_user[r.user], r.arrival), default=None)


def rank(
    user: str, priority: Priority, arrival: int, counters: Mapping[str, float]
) -> tuple[bool, float, int]:
    """Who goes first: people before batches, then who was served least, then who came first."""
    return (priority == "batch", counters.get(user, 0.0), arrival)


def _share(
    prompts: Sequence[Running], budget: int, counters: Mapping[str, float]
) -> dict[str, int]:
    """Hand out prompt tokens in quanta, each to the user served least.

    Of one user's prompts the shortest goes first, which answers the most
    questions the soonest.
    """
    service = dict(counters)
    left = {p.id: p.remaining for p in prompts}
    given: dict[str, int] = {}
    while budget > 0 and left:
        chosen = min(
            (p for p in prompts if p.id in left),
            key=lambda p: (p.priority == "batch", service.get(p.user, 0.0), left[p.id], p.arrival),
        )
        n = min(QUANTUM, left[chosen.id], budget)
        given[chosen.id] = given.get(chosen.id, 0) + n
        service[chosen.user] = service.get(chosen.user, 0.0) + n
        budget -= n
        left[chosen.id] -= n
        if left[chosen.id] == 0:
            del left[chosen.id]
    return given
