"""Chats that their owners let the members of a group read, and nothing more."""

from __future__ import annotations

import time
from functools import partial

import msgspec
from sqlalchemy import Select, delete, select, tuple_
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.chats import shapes
from jimae.service.chats.feed import Feed
from jimae.service.chats.rows import Live, chat_of, chat_row, chats_of
from jimae.service.items import new_id
from jimae.store.account_tables import Account, Membership
from jimae.store.chat_tables import Chat, Share
from jimae.store.store import Store


def shared_row(session: Session, caller: Caller, chat_id: str) -> Chat:
    """A chat that somebody shares with a group of the caller. Raises `chat_not_found`."""
    row = session.scalar(_shared_with(caller).where(Chat.id == chat_id))
    if row is None:
        raise JimaeError("chat_not_found", id=chat_id)
    return row


class Sharing:
    def __init__(self, store: Store, feed: Feed, live: Live) -> None:
        self._store = store
        self._feed = feed
        self._live = live

    async def share(self, caller: Caller, chat_id: str, group: str) -> shapes.Chat:
        """Let the members of a group of one's own read a chat, as it is and becomes. Raises
        `chat_not_found`, `share_not_member`."""

        def transaction(session: Session) -> shapes.Chat:
            row = chat_row(session, caller.id, chat_id)
            if group not in _groups(caller):
                raise JimaeError("share_not_member", param="group", group=group)
            known = select(Share.id).where(Share.chat_id == row.id, Share.group_id == group)
            if session.scalar(known) is None:
                session.add(
                    Share(
                        id=new_id("share"),
                        owner=caller.id,
                        created_at=time.time(),
                        chat_id=row.id,
                        group_id=group,
                    )
                )
                session.flush()
                note(session, caller, "chat.share", target=row.id, details={"group": group})
            return chat_of(session, row, self._live)

        chat = await self._store.write(transaction)
        self._feed.changed(caller.id, chat.id)
        return chat

    async def unshare(self, caller: Caller, chat_id: str, group: str | None) -> shapes.Chat:
        """From now on nobody of the group reads it; without a group, nobody of any. Pages that
        show it to them are told. Raises `chat_not_found`."""

        def transaction(session: Session) -> tuple[shapes.Chat, set[str]]:
            row = chat_row(session, caller.id, chat_id)
            before = _readers(session, row)
            taken = delete(Share).where(Share.chat_id == row.id)
            if group is not None:
                taken = taken.where(Share.group_id == group)
            session.execute(taken)
            note(session, caller, "chat.unshare", target=row.id, details={"group": group})
            return chat_of(session, row, self._live), before - _readers(session, row)

        chat, lost = await self._store.write(transaction)
        self._feed.changed(caller.id, chat.id)
        for reader in lost:
            self._feed.gone(reader, chat.id)
        return chat

    async def list(
        self, caller: Caller, limit: int, after: str | None
    ) -> tuple[list[shapes.Chat], bool]:
        """What others share with the groups of the caller, and whether there is more. Raises
        `chat_not_found` for `after`."""
        return await self._store.read(
            partial(_listed, caller=caller, limit=limit, after=after, live=self._live)
        )


def _listed(
    session: Session, caller: Caller, limit: int, after: str | None, live: Live
) -> tuple[list[shapes.Chat], bool]:
    wanted = _shared_with(caller)
    if after is not None:
        last = shared_row(session, caller, after)
        wanted = wanted.where(tuple_(Chat.updated_at, Chat.id) < (last.updated_at, last.id))
    rows = session.scalars(
        wanted.order_by(Chat.updated_at.desc(), Chat.id.desc()).limit(limit + 1)
    ).all()
    names = names_of(session, {row.owner for row in rows})
    told = [
        msgspec.structs.replace(chat, owner_name=names.get(chat.owner))
        for chat in chats_of(session, rows[:limit], live)
    ]
    return told, len(rows) > limit


def _shared_with(caller: Caller) -> Select[Chat]:
    shared = select(Share.chat_id).where(Share.group_id.in_(_groups(caller)))
    return select(Chat).where(
        Chat.id.in_(shared), Chat.owner != caller.id, Chat.deleted_at.is_(None)
    )


def _readers(session: Session, row: Chat) -> set[str]:
    """The accounts that a chat is shared with."""
    groups = select(Share.group_id).where(Share.chat_id == row.id)
    members = select(Membership.account_id).where(Membership.group_id.in_(groups))
    return set(session.scalars(members)) - {row.owner}


def _groups(caller: Caller) -> tuple[str, ...]:
    return caller.groups + caller.manages


def names_of(session: Session, owners: set[str]) -> dict[str, str]:
    """What people are called, by their ids; who has no account is not in it."""
    rows = session.execute(
        select(Account.id, Account.display_name).where(Account.id.in_(owners))
    ).all()
    return {row.id: row.display_name for row in rows}
