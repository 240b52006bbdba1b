"""Keeping the words of titles and turns, from which chats are found."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from jimae.service.items import new_id
from jimae.service.words import indexed
from jimae.store.chat_tables import Chat, Words


def index_title(session: Session, chat: Chat) -> None:
    _index(session, chat, None, chat.title)


def index_turn(session: Session, chat: Chat, turn_id: str, said: str) -> None:
    _index(session, chat, turn_id, said)


def forget_words(session: Session, chat_ids: Sequence[str]) -> None:
    """Take the words of chats out of the index so that none of them is left in its files."""
    session.execute(delete(Words).where(Words.chat_id.in_(chat_ids)))
    if _is_sqlite(session):
        # What is deleted stays in a segment of the index until the segments are merged.
        session.execute(text("INSERT INTO fts_chats(fts_chats) VALUES ('optimize')"))


def _index(session: Session, chat: Chat, turn_id: str | None, said: str) -> None:
    words = indexed(said, chat.owner)
    row = session.scalar(
        select(Words).where(Words.chat_id == chat.id, Words.turn_id == turn_id)
        if turn_id is not None
        else select(Words).where(Words.chat_id == chat.id, Words.turn_id.is_(None))
    )
    if row is not None:
        row.words = words
        session.flush()
        return
    number = partial(_next_number, session) if _is_sqlite(session) else lambda: None
    session.add(
        Words(
            id=new_id("words"),
            owner=chat.owner,
            created_at=time.time(),
            chat_id=chat.id,
            turn_id=turn_id,
            number=number(),
            words=words,
        )
    )
    session.flush()


def _next_number(session: Session) -> int:
    # SQLite has one writer at a time.
    return (session.scalar(select(func.max(Words.number))) or 0) + 1


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
