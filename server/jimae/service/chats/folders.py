"""Folders of chats: a tree for each owner, as deep as can be found through again."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.chats import shapes
from jimae.service.chats.feed import Feed
from jimae.service.chats.rows import folder_row
from jimae.service.items import new_id
from jimae.store.chat_tables import Chat, Folder
from jimae.store.store import Store

MOST = 500
# Levels of folders, the outermost included.
DEEPEST = 5


class FolderChange(msgspec.Struct, frozen=True):
    """What is to be different; what is UNSET stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    parent: str | msgspec.UnsetType | None = msgspec.UNSET


class Folders:
    """The folders of everybody, each found only by its owner."""

    def __init__(self, store: Store, feed: Feed) -> None:
        self._store = store
        self._feed = feed

    async def list(self, owner: str) -> list[shapes.Folder]:
        """By their names."""

        def transaction(session: Session) -> list[shapes.Folder]:
            rows = session.scalars(select(Folder).where(Folder.owner == owner)).all()
            return sorted(map(_told, rows), key=lambda folder: (folder.name, folder.id))

        return await self._store.read(transaction)

    async def create(self, owner: str, name: str, parent: str | None) -> shapes.Folder:
        """Raises `folder_not_found`, `folder_too_deep`, `too_many_folders`."""

        def transaction(session: Session) -> shapes.Folder:
            count = select(func.count()).select_from(Folder).where(Folder.owner == owner)
            if (session.scalar(count) or 0) >= MOST:
                raise JimaeError("too_many_folders", limit=MOST)
            row = Folder(id=new_id("folder"), owner=owner, created_at=time.time(), name=name)
            _put_into(session, row, parent)
            session.add(row)
            return _told(row)

        return await self._changed(owner, transaction)

    async def change(self, owner: str, folder_id: str, change: FolderChange) -> shapes.Folder:
        """Raises `folder_not_found`, `folder_too_deep`, `folder_inside_itself`."""

        def transaction(session: Session) -> shapes.Folder:
            row = folder_row(session, owner, folder_id)
            if change.name is not msgspec.UNSET:
                row.name = change.name
            if change.parent is not msgspec.UNSET:
                _put_into(session, row, change.parent)
            return _told(row)

        return await self._changed(owner, transaction)

    async def delete(self, owner: str, folder_id: str) -> None:
        """What was in it is then in no folder. Raises `folder_not_found`."""
        await self._store.write(partial(_delete, owner=owner, folder_id=folder_id))
        self._feed.folders(owner)

    async def _changed(
        self, owner: str, transaction: Callable[[Session], shapes.Folder]
    ) -> shapes.Folder:
        folder = await self._store.write(transaction)
        self._feed.folders(owner)
        return folder


def _put_into(session: Session, row: Folder, parent: str | None) -> None:
    if parent is not None:
        around = _around(session, folder_row(session, row.owner, parent, "parent"))
        if row.id in around:
            raise JimaeError("folder_inside_itself", param="parent", id=parent)
        if len(around) + _height(session, row) > DEEPEST:
            raise JimaeError("folder_too_deep", param="parent", id=parent, limit=DEEPEST)
    row.parent_id = parent


def _around(session: Session, row: Folder) -> list[str]:
    """The ids of a folder and of those it is in, from the inside."""
    found = [row.id]
    while row.parent_id is not None:
        row = session.get_one(Folder, row.parent_id)
        found.append(row.id)
    return found


def _height(session: Session, row: Folder) -> int:
    """Levels of a folder: its own, and those of what is in it."""
    levels, ids = 0, [row.id]
    while ids:
        levels += 1
        ids = list(session.scalars(select(Folder.id).where(Folder.parent_id.in_(ids))))
    return levels


def _delete(session: Session, owner: str, folder_id: str) -> None:
    row = folder_row(session, owner, folder_id)
    session.execute(update(Chat).where(Chat.folder_id == row.id).values(folder_id=None))
    session.execute(update(Folder).where(Folder.parent_id == row.id).values(parent_id=None))
    session.delete(row)


def _told(row: Folder) -> shapes.Folder:
    return shapes.Folder(row.id, row.name, row.parent_id)
