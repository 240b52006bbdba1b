"""Conversations: lists of items that programs add to and that responses go on from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import msgspec
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.items import Item, from_row, new_id, rows_of
from jimae.service.prefixes import Forget
from jimae.service.records import Live, Reference, check_free, conversation_row, resolved
from jimae.store import items, tables
from jimae.store.store import Store


class Conversation(msgspec.Struct, frozen=True):
    """What is told of one besides its items."""

    id: str
    created_at: float
    metadata: dict[str, str]


class Conversations:
    """The conversations of everybody, each found only by its owner.

    `live` tells whether a response is being written: while one is, nothing else is
    added to its conversation. `forget` drops what engines kept of an owner's.
    """

    def __init__(self, store: Store, live: Live, forget: Forget) -> None:
        self._store = store
        self._live = live
        self._forget = forget

    async def create(
        self, owner: str, metadata: dict[str, str], sent: Sequence[Item | Reference]
    ) -> Conversation:
        """Raises `item_not_found`."""

        def transaction(session: Session) -> Conversation:
            row = tables.Conversation(
                id=new_id("conv"), owner=owner, created_at=time.time(), details=metadata
            )
            session.add(row)
            _append(session, row, sent)
            return _told(row)

        return await self._store.write(transaction)

    async def get(self, owner: str, conversation_id: str) -> Conversation:
        """Raises `conversation_not_found`, as all that follow do."""
        return await self._store.read(
            lambda session: _told(conversation_row(session, owner, conversation_id))
        )

    async def update(
        self, owner: str, conversation_id: str, metadata: dict[str, str]
    ) -> Conversation:
        """Replace its metadata."""

        def transaction(session: Session) -> Conversation:
            row = conversation_row(session, owner, conversation_id)
            row.details = metadata
            return _told(row)

        return await self._store.write(transaction)

    async def delete(self, owner: str, conversation_id: str) -> None:
        """With its items, but those that a stored response goes on from. Raises
        `conversation_busy`."""

        def transaction(session: Session) -> None:
            row = conversation_row(session, owner, conversation_id)
            check_free(row, self._live)
            head = row.head_id
            session.delete(row)
            session.flush()
            items.prune(session, head)

        await self._store.erase(transaction)
        await self._forget(owner)

    async def items(self, owner: str, conversation_id: str) -> list[Item]:
        """All of them, oldest first."""

        def transaction(session: Session) -> list[Item]:
            row = conversation_row(session, owner, conversation_id)
            return [from_row(item) for item in items.path(session, owner, row.head_id)]

        return await self._store.read(transaction)

    async def item(self, owner: str, conversation_id: str, item_id: str) -> Item:
        """Raises `item_not_found`."""
        return await self._store.read(
            partial(_on_path, owner=owner, conversation_id=conversation_id, item_id=item_id)
        )

    async def add(
        self, owner: str, conversation_id: str, sent: Sequence[Item | Reference]
    ) -> list[Item]:
        """Add items at its end. Raises `conversation_busy`, `item_not_found`."""

        def transaction(session: Session) -> list[Item]:
            row = conversation_row(session, owner, conversation_id)
            check_free(row, self._live)
            return _append(session, row, sent)

        return await self._store.write(transaction)

    async def remove(self, owner: str, conversation_id: str, item_id: str) -> Conversation:
        """Delete one item, wherever it is shown. Raises `conversation_busy`,
        `item_not_found`."""

        def transaction(session: Session) -> Conversation:
            row = conversation_row(session, owner, conversation_id)
            check_free(row, self._live)
            _on_path(session, owner, conversation_id, item_id)
            items.remove(session, session.get_one(tables.Item, item_id))
            return _told(row)

        left = await self._store.erase(transaction)
        await self._forget(owner)
        return left


def _append(
    session: Session, row: tables.Conversation, sent: Sequence[Item | Reference]
) -> list[Item]:
    added = resolved(session, row.owner, sent)
    row.head_id = items.append(session, row.head_id, rows_of(added, row.owner))
    return added


def _on_path(session: Session, owner: str, conversation_id: str, item_id: str) -> Item:
    row = conversation_row(session, owner, conversation_id)
    for item in items.path(session, owner, row.head_id):
        if item.id == item_id:
            return from_row(item)
    raise JimaeError("item_not_found", id=item_id)


def _told(row: tables.Conversation) -> Conversation:
    return Conversation(row.id, row.created_at, row.details)
