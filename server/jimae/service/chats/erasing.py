"""Deleting chats so that nothing of them is left: turns, words, shares, and items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from jimae.service.chats.indexing import forget_words
from jimae.store.chat_tables import Chat, Share, Turn
from jimae.store.tables import Item

AT_ONCE: Final = 500


def erase(session: Session, chats: Sequence[Chat]) -> None:
    """Items of a chat are in no other tree: they go with it."""
    ids = [chat.id for chat in chats]
    if not ids:
        return
    forget_words(session, ids)
    session.execute(delete(Share).where(Share.chat_id.in_(ids)))
    items = _items_of(session, ids)
    # Together: turns of one chat point at each other, and so do items.
    session.execute(delete(Turn).where(Turn.chat_id.in_(ids)))
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        session.execute(update(Item).where(Item.id.in_(some)).values(parent_id=None))
    for start in range(0, len(items), AT_ONCE):
        session.execute(delete(Item).where(Item.id.in_(items[start : start + AT_ONCE])))
    session.execute(delete(Chat).where(Chat.id.in_(ids)))


def _items_of(session: Session, chat_ids: Sequence[str]) -> list[str]:
    up = (
        select(Item.id, Item.parent_id)
        .join(Turn, Turn.head_id == Item.id)
        .where(Turn.chat_id.in_(chat_ids))
        .cte("up", recursive=True)
    )
    up = up.union(select(Item.id, Item.parent_id).join(up, Item.id == up.c.parent_id))
    return list(session.scalars(select(up.c.id).distinct()))
