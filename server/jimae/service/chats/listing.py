"""Which chats somebody has, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from jimae.service.chats import shapes
from jimae.service.chats.rows import Live, chat_row, chats_of
from jimae.store.chat_tables import Chat


class Which(NamedTuple):
    """Which chats to list: `after` is the last of the page before."""

    limit: int
    after: str | None = None
    folder: str | None = None
    pinned: bool | None = None
    trash: bool = False


def listed(
    session: Session, owner: str, which: Which, live: Live
) -> tuple[list[shapes.Chat], bool]:
    """Those that changed last come first, and whether there are more. Raises `chat_not_found`
    for `after`."""
    wanted = select(Chat).where(Chat.owner == owner)
    if which.trash:
        wanted = wanted.where(Chat.deleted_at.is_not(None))
    else:
        wanted = wanted.where(Chat.deleted_at.is_(None))
    if which.folder is not None:
        wanted = wanted.where(Chat.folder_id == which.folder)
    if which.pinned is not None:
        wanted = wanted.where(Chat.pinned == which.pinned)
    if which.after is not None:
        last = chat_row(session, owner, which.after)
        wanted = wanted.where(tuple_(Chat.updated_at, Chat.id) < (last.updated_at, last.id))
    wanted = wanted.order_by(Chat.updated_at.desc(), Chat.id.desc()).limit(which.limit + 1)
    rows: Sequence[Chat] = session.scalars(wanted).all()
    return chats_of(session, rows[: which.limit], live), len(rows) > which.limit
