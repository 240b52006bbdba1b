"""A chat of a file, whatever wrote it, as it is going to be stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from jimae.service.chats.shapes import PLAIN, ChatSettings, Part, Reason, Role, Status, Times, Use


class ReadTurn(msgspec.Struct, frozen=True):
    """A question or an answer. `parent` is an id of the same file."""

    id: str
    parent: str | None
    role: Role
    created_at: float
    parts: tuple[Part, ...] = ()
    model: str | None = None
    status: Status = "completed"
    reason: Reason | None = None
    usage: Use | None = None
    timings: Times | None = None


class ReadChat(msgspec.Struct, frozen=True):
    """`origin` tells it from every other chat, so that none is taken twice; `id` is the one
    it has where it was exported, which may be here."""

    origin: str
    title: str
    created_at: float
    updated_at: float
    turns: tuple[ReadTurn, ...]
    head: str | None
    named: bool = True
    pinned: bool = False
    folder: str | None = None
    model: str | None = None
    settings: ChatSettings = PLAIN
    id: str | None = None


class UnreadableError(Exception):
    """What is wrong with one chat of a file, in English."""


def in_order(turns: Mapping[str, ReadTurn]) -> tuple[ReadTurn, ...]:
    """Each turn after its parent. What has a parent that is not there, or is its own
    ancestor, hangs at the top or is left out."""
    below: dict[str | None, list[ReadTurn]] = {}
    for turn in turns.values():
        parent = turn.parent if turn.parent in turns else None
        below.setdefault(parent, []).append(msgspec.structs.replace(turn, parent=parent))
    found: list[ReadTurn] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        turn = waiting.pop()
        found.append(turn)
        waiting += reversed(below.get(turn.id, []))
    return tuple(found)


def without_empty(turns: Iterable[ReadTurn]) -> dict[str, ReadTurn]:
    """Turns that say something; what was below one that does not is below its parent."""
    kept: dict[str, ReadTurn] = {}
    instead: dict[str, str | None] = {}
    for turn in turns:
        parent = instead.get(turn.parent, turn.parent) if turn.parent is not None else None
        if turn.parts:
            kept[turn.id] = msgspec.structs.replace(turn, parent=parent)
        else:
            instead[turn.id] = parent
    return kept
