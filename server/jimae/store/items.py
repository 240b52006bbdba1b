"""The forest of items: reading a path, adding to it, and taking away so that it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from jimae.store.chat_tables import Turn
from jimae.store.tables import Conversation, Item, Response

# Every column that points at an item from outside of the forest.
REFERENCES: Final[tuple[InstrumentedAttribute[str | None], ...]] = (
    Conversation.head_id,
    Response.head_id,
    Response.input_id,
    Turn.head_id,
)


def path(
    session: Session, owner: str, head_id: str | None, *, below: str | None = None
) -> Sequence[Item]:
    """The items from the root to `head_id`; with `below`, only those after that one."""
    if head_id is None or head_id == below:
        return []
    up = (
        select(Item.id, Item.parent_id, literal(0).label("distance"))
        .where(Item.id == head_id, Item.owner == owner)
        .cte("up", recursive=True)
    )
    parent = select(Item.id, Item.parent_id, (up.c.distance + 1).label("distance"))
    parent = parent.join(up, Item.id == up.c.parent_id).where(Item.owner == owner)
    if below is not None:
        parent = parent.where(Item.id != below)
    up = up.union_all(parent)
    return session.scalars(
        select(Item).join(up, Item.id == up.c.id).order_by(up.c.distance.desc())
    ).all()


def find(session: Session, owner: str, item_id: str) -> Item | None:
    return session.scalar(select(Item).where(Item.id == item_id, Item.owner == owner))


def append(session: Session, parent_id: str | None, items: Iterable[Item]) -> str | None:
    """Add items below each other; returns the id of the last, or `parent_id` without any."""
    for item in items:
        item.parent_id = parent_id
        session.add(item)
        parent_id = item.id
    session.flush()
    return parent_id


def prune(session: Session, head_id: str | None) -> None:
    """Delete a branch nobody points at any more: from its end up to the first item that
    something goes on from or points at."""
    while head_id is not None and not _needed(session, head_id):
        item = session.get_one(Item, head_id)
        head_id = item.parent_id
        session.delete(item)
        session.flush()


def remove(session: Session, item: Item) -> None:
    """Delete one item out of every path it is on; what was after it is then after its parent."""
    for column in (Item.parent_id, *REFERENCES):
        session.execute(
            update(column.class_).where(column == item.id).values({column.key: item.parent_id})
        )
    session.delete(item)
    session.flush()


def _needed(session: Session, item_id: str) -> bool:
    return any(
        session.scalar(select(column.class_.id).where(column == item_id).limit(1)) is not None
        for column in (Item.parent_id, *REFERENCES)
    )
