"""Looking up chats and turns, and telling of them. Every look-up goes by owner and id."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError, WireError
from jimae.service.chats import shapes
from jimae.service.chats.parts import parts_of
from jimae.service.items import Item, from_row
from jimae.store import items
from jimae.store.chat_tables import Chat, Folder, Share, Turn
from jimae.store.store import locked

Live = Callable[[str], bool]
"""Whether an answer is being written now, by its turn's id."""

RUNNING: Final = "running"


class Place(NamedTuple):
    """Where a turn is in its tree."""

    id: str
    parent: str | None
    chosen: str | None


class Tree:
    """All turns of one chat without their words."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places = {place.id: place for place in places}
        self._below: dict[str | None, list[str]] = {}
        for place in self._places.values():
            self._below.setdefault(place.parent, []).append(place.id)

    def siblings(self, turn: str) -> tuple[str, ...]:
        return tuple(self._below[self._places[turn].parent])

    def path(self, head: str | None) -> list[str]:
        """From the first turn to this one."""
        found: list[str] = []
        while head is not None and head in self._places:
            found.append(head)
            head = self._places[head].parent
        return found[::-1]

    def last_shown(self, turn: str) -> str:
        """The end of the branch that was last shown below a turn; of several that never were,
        the newest."""
        while below := self._below.get(turn):
            chosen = self._places[turn].chosen
            turn = chosen if chosen in below else below[-1]
        return turn


def chat_row(session: Session, owner: str, chat_id: str) -> Chat:
    """Raises `chat_not_found`."""
    row = session.scalar(
        locked(session, select(Chat).where(Chat.id == chat_id, Chat.owner == owner))
    )
    if row is None:
        raise JimaeError("chat_not_found", id=chat_id)
    return row


def turn_row(session: Session, chat: Chat, turn_id: str, *, param: str | None = None) -> Turn:
    """Raises `turn_not_found`."""
    row = session.scalar(
        select(Turn).where(Turn.id == turn_id, Turn.chat_id == chat.id, Turn.owner == chat.owner)
    )
    if row is None:
        raise JimaeError("turn_not_found", param=param, id=turn_id)
    return row


def folder_row(session: Session, owner: str, folder_id: str, param: str | None = None) -> Folder:
    """Raises `folder_not_found`."""
    row = session.scalar(select(Folder).where(Folder.id == folder_id, Folder.owner == owner))
    if row is None:
        raise JimaeError("folder_not_found", param=param, id=folder_id)
    return row


def tree_of(session: Session, chat: Chat) -> Tree:
    rows = session.execute(
        select(Turn.id, Turn.parent_id, Turn.chosen_id)
        .where(Turn.chat_id == chat.id)
        .order_by(Turn.created_at, Turn.id)
    )
    return Tree(Place(*row) for row in rows)


def point_at(session: Session, chat: Chat, turn_id: str) -> None:
    """Show the branch of this turn, and remember it at every fork above."""
    tree = tree_of(session, chat)
    chat.head_id = tree.last_shown(turn_id)
    path = tree.path(chat.head_id)
    rows = {row.id: row for row in _rows(session, path)}
    for above, below in pairwise(path):
        if rows[above].chosen_id != below:
            rows[above].chosen_id = below


def opened(
    session: Session, chat: Chat, live: Live, *, before: str | None = None, limit: int | None = None
) -> tuple[tuple[shapes.Turn, ...], bool]:
    """The last `limit` turns of the branch that is shown, of those above `before`, and whether
    there are more above them. Raises `turn_not_found`."""
    tree = tree_of(session, chat)
    path = tree.path(chat.head_id)
    if before is not None:
        if before not in path:
            raise JimaeError("turn_not_found", param="before", id=before)
        path = path[: path.index(before)]
    first = 0 if limit is None else max(0, len(path) - limit)
    rows = {row.id: row for row in _rows(session, path[max(0, first - 1) :])}
    above = rows[path[first - 1]].head_id if first else None
    turns = [rows[turn] for turn in path[first:]]
    told = [
        turn_of(row, own, tree.siblings(row.id), live)
        for row, own in zip(turns, spans(session, chat.owner, turns, above), strict=True)
    ]
    return tuple(told), first > 0


def spans(
    session: Session, owner: str, turns: Sequence[Turn], above: str | None
) -> list[list[Item]]:
    """The items of each of these turns, which follow each other; `above` is the head of what
    is before the first."""
    if not turns:
        return []
    rest = list(map(from_row, items.path(session, owner, turns[-1].head_id, below=above)))
    position = {item.id: at for at, item in enumerate(rest)}
    found: list[list[Item]] = []
    start = 0
    for turn in turns:
        at = position.get(turn.head_id or "", start - 1)
        found.append(rest[start : at + 1])
        start = at + 1
    return found


def items_of_turn(session: Session, turn: Turn) -> list[Item]:
    above = session.get(Turn, turn.parent_id) if turn.parent_id is not None else None
    below = above.head_id if above is not None else None
    return [from_row(row) for row in items.path(session, turn.owner, turn.head_id, below=below)]


def one_turn(session: Session, chat: Chat, turn: Turn, live: Live) -> shapes.Turn:
    siblings = tree_of(session, chat).siblings(turn.id)
    return turn_of(turn, items_of_turn(session, turn), siblings, live)


def turn_of(row: Turn, own: Sequence[Item], siblings: tuple[str, ...], live: Live) -> shapes.Turn:
    turn = shapes.Turn(
        id=row.id,
        parent=row.parent_id,
        role=msgspec.convert(row.role, shapes.Role),
        created_at=row.created_at,
        parts=parts_of(own),
        model=row.model,
        status=msgspec.convert(row.status, shapes.Status),
        reason=msgspec.convert(row.reason, shapes.Reason | None),
        error=WireError(**row.error) if row.error else None,
        usage=msgspec.convert(row.usage, shapes.Use | None),
        timings=msgspec.convert(row.timings, shapes.Times | None),
        siblings=siblings,
    )
    if turn.finished or live(turn.id):
        return turn
    # Its end could not be stored.
    return msgspec.structs.replace(turn, status="incomplete", reason="interrupted")


def chats_of(session: Session, rows: Sequence[Chat], live: Live) -> list[shapes.Chat]:
    """Lines of a list, with what is running in them and whom they are shared with."""
    ids = [row.id for row in rows]
    running = {
        chat
        for chat, turn in session.execute(
            select(Turn.chat_id, Turn.id).where(Turn.status == RUNNING, Turn.chat_id.in_(ids))
        )
        if live(turn)
    }
    shared: dict[str, list[str]] = {}
    for chat, group in session.execute(
        select(Share.chat_id, Share.group_id)
        .where(Share.chat_id.in_(ids))
        .order_by(Share.created_at, Share.id)
    ):
        shared.setdefault(chat, []).append(group)
    return [
        shapes.Chat(
            id=row.id,
            owner=row.owner,
            title=row.title,
            named=row.named,
            folder=row.folder_id,
            pinned=row.pinned,
            model=row.model,
            settings=msgspec.convert(row.settings, shapes.ChatSettings),
            created_at=row.created_at,
            updated_at=row.updated_at,
            deleted_at=row.deleted_at,
            running=row.id in running,
            shared_with=tuple(shared.get(row.id, ())),
        )
        for row in rows
    ]


def chat_of(session: Session, row: Chat, live: Live) -> shapes.Chat:
    return chats_of(session, [row], live)[0]


def touch(chat: Chat) -> None:
    """Something was said in it: it comes first in the list."""
    chat.updated_at = time.time()


def _rows(session: Session, ids: Sequence[str]) -> list[Turn]:
    found: list[Turn] = []
    for start in range(0, len(ids), 500):
        found += session.scalars(select(Turn).where(Turn.id.in_(ids[start : start + 500])))
    return found
