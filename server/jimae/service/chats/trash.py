"""The trash of chats: into it, out of it, and out of the world after a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import SERVER, Caller
from jimae.service.chats import erasing, shapes
from jimae.service.chats.answering import Answers
from jimae.service.chats.feed import Feed
from jimae.service.chats.rows import chat_of, chat_row
from jimae.service.prefixes import Forget
from jimae.store.chat_tables import Chat
from jimae.store.store import Store

log = logging.getLogger(__name__)

CLEAN_EVERY_SECONDS: Final = 3600.0
ERASED_AT_ONCE: Final = 100


class Trash:
    """What everybody threw away; it is erased after `seconds`, and `forget` makes the engines
    forget its words."""

    def __init__(
        self, store: Store, feed: Feed, answers: Answers, forget: Forget, seconds: float
    ) -> None:
        self._store = store
        self._feed = feed
        self._answers = answers
        self._forget = forget
        self._seconds = seconds
        self._cleaning: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Erase what has been there long enough, from now on."""
        self._cleaning = asyncio.create_task(self._clean(), name="trash of chats")

    async def close(self) -> None:
        if self._cleaning is not None:
            self._cleaning.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cleaning

    async def put(self, owner: str, chat_id: str) -> None:
        """Throw a chat away, which ends what is running in it. Raises `chat_not_found`."""

        def transaction(session: Session) -> None:
            row = chat_row(session, owner, chat_id)
            row.deleted_at = row.deleted_at or time.time()

        await self._store.write(transaction)
        await self._answers.end_chat(chat_id)
        self._feed.changed(owner, chat_id)

    async def restore(self, owner: str, chat_id: str) -> shapes.Chat:
        """Raises `chat_not_found`."""

        def transaction(session: Session) -> shapes.Chat:
            row = chat_row(session, owner, chat_id)
            row.deleted_at = None
            return chat_of(session, row, self._answers.is_live)

        chat = await self._store.write(transaction)
        self._feed.changed(owner, chat_id)
        return chat

    async def erase(self, caller: Caller, chat_id: str) -> None:
        """Delete a chat for good, whether it is in the trash or not. Raises `chat_not_found`."""
        await self._store.read(lambda session: chat_row(session, caller.id, chat_id).id)
        await self._answers.end_chat(chat_id)

        def transaction(session: Session) -> None:
            row = chat_row(session, caller.id, chat_id)
            note(session, caller, "chat.delete", target=row.id)
            erasing.erase(session, [row])

        await self._store.erase(transaction)
        await self._forget(caller.id)
        self._feed.gone(caller.id, chat_id)

    async def empty(self, caller: Caller) -> int:
        """Erase what is in somebody's trash; returns how many chats that were."""
        gone = 0
        while ids := await self._erase_some(caller, caller.id, time.time()):
            gone += len(ids)
        return gone

    async def _clean(self) -> None:
        while True:
            try:
                while await self._erase_some(SERVER, None, time.time() - self._seconds):
                    pass
            except JimaeError as error:
                log.warning("the trash of chats could not be emptied: %s", error)
            await asyncio.sleep(CLEAN_EVERY_SECONDS)

    async def _erase_some(self, caller: Caller, owner: str | None, until: float) -> Sequence[str]:
        """Erase some of what was thrown away by `until`, of one owner or of all."""

        def transaction(session: Session) -> Sequence[tuple[str, str]]:
            wanted = select(Chat).where(Chat.deleted_at <= until).limit(ERASED_AT_ONCE)
            if owner is not None:
                wanted = wanted.where(Chat.owner == owner)
            rows = session.scalars(wanted).all()
            for row in rows:
                note(session, caller, "chat.delete", target=row.id, details={"owner": row.owner})
            told = [(row.owner, row.id) for row in rows]
            erasing.erase(session, rows)
            return told

        if not await self._store.read(partial(_has_some, owner=owner, until=until)):
            return []
        gone = await self._store.erase(transaction)
        for whose, chat_id in gone:
            self._feed.gone(whose, chat_id)
        for whose in {whose for whose, _ in gone}:
            await self._forget(whose)
        return [chat_id for _, chat_id in gone]


def _has_some(session: Session, owner: str | None, until: float) -> bool:
    wanted = select(Chat.id).where(Chat.deleted_at <= until).limit(1)
    if owner is not None:
        wanted = wanted.where(Chat.owner == owner)
    return session.scalar(wanted) is not None
