"""The chats of everybody, each found only by its owner: listed, opened, asked in, changed."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Final

import msgspec
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.chat import Chat as Writer
from jimae.service.chats import asking, shapes
from jimae.service.chats.answering import Answering, Answers
from jimae.service.chats.asking import Asked, Question
from jimae.service.chats.exporting import Exporting
from jimae.service.chats.feed import Feed, News
from jimae.service.chats.folders import Folders
from jimae.service.chats.importing.importing import Importing
from jimae.service.chats.indexing import index_title
from jimae.service.chats.listing import Which, listed
from jimae.service.chats.rows import (
    Live,
    chat_of,
    chat_row,
    folder_row,
    one_turn,
    opened,
    point_at,
    turn_row,
)
from jimae.service.chats.searching import Searching
from jimae.service.chats.shapes import Opened, Turn
from jimae.service.chats.sharing import Sharing, names_of, shared_row
from jimae.service.chats.trash import Trash
from jimae.service.items import new_id
from jimae.service.prefixes import Forget
from jimae.service.run import Entry
from jimae.settings import Settings
from jimae.store.chat_tables import Chat
from jimae.store.store import Store

log = logging.getLogger(__name__)

DAY: Final = 86_400.0


class Change(msgspec.Struct, frozen=True):
    """What is to be different in a chat; what is UNSET stays."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    folder: str | msgspec.UnsetType | None = msgspec.UNSET
    pinned: bool | msgspec.UnsetType = msgspec.UNSET
    model: str | msgspec.UnsetType | None = msgspec.UNSET
    settings: shapes.ChatSettings | msgspec.UnsetType = msgspec.UNSET
    head: str | msgspec.UnsetType = msgspec.UNSET


class Chats:
    """`default_model` names the model of a chat that chose none."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        writer: Writer,
        default_model: Callable[[], str],
        forget: Forget,
    ) -> None:
        self._store = store
        self._default_model = default_model
        self.feed = Feed()
        self.answers = Answers(store, writer, self.feed, settings.chats.unread_seconds)
        live = self.answers.is_live
        self.folders = Folders(store, self.feed)
        self.sharing = Sharing(store, self.feed, live)
        self.searching = Searching(store, live)
        self.exporting = Exporting(store, live, settings.server.time_zone)
        self.importing = Importing(
            store, self.feed, settings.data_dir, settings.chats.max_import_mb
        )
        self.trash = Trash(store, self.feed, self.answers, forget, settings.chats.trash_days * DAY)

    async def start(self) -> None:
        """Mark what the last server left unfinished, and empty trashes from now on."""
        left = await self._store.write(asking.interrupt)
        if left:
            log.warning("%d answers were interrupted by the end of the last server", left)
        self.trash.start()

    async def close(self) -> None:
        """Wait until every answer that ends is stored."""
        self.feed.end()
        await self.trash.close()
        await self.answers.close()

    # --- what there is --------------------------------------------------------------

    async def list(self, owner: str, which: Which) -> tuple[list[shapes.Chat], bool]:
        """Raises what `listing.listed` does."""
        return await self._store.read(
            partial(listed, owner=owner, which=which, live=self.answers.is_live)
        )

    async def get(
        self, caller: Caller, chat_id: str, *, before: str | None = None, limit: int | None = None
    ) -> Opened:
        """A chat with its branch: one's own, or one that is shared with a group of the caller,
        which is recorded. Raises `chat_not_found`, `turn_not_found`."""
        read = partial(self._open, caller.id, before=before, limit=limit)
        try:
            return self._now(await self._store.read(lambda session: read(session, chat_id)))
        except JimaeError as error:
            if error.code != "chat_not_found":
                raise
        return await self._store.write(
            partial(self._open_shared, caller, chat_id, before=before, limit=limit)
        )

    async def turn(self, owner: str, chat_id: str, turn_id: str) -> Turn:
        """Raises `chat_not_found`, `turn_not_found`."""

        def transaction(session: Session) -> Turn:
            live = self.answers.live_until_now()
            chat = chat_row(session, owner, chat_id)
            row = turn_row(session, chat, turn_id)
            return one_turn(session, chat, row, live)

        return self.answers.now(await self._store.read(transaction))

    def listen(self, owner: str) -> AsyncGenerator[News, None]:
        """What changes from now on."""
        return self.feed.listen(owner)

    # --- asking -----------------------------------------------------------------------

    async def ask(self, caller: Caller, chat_id: str, question: Question) -> tuple[Turn, Turn]:
        """Store a question and begin to answer it; returns both. Raises what `asking.ask` does."""
        begin = partial(
            asking.ask,
            owner=caller.id,
            chat_id=chat_id,
            question=question,
            default_model=self._default_model(),
            live=self.answers.is_live,
        )
        asked, answer = await self._begin(
            caller, chat_id, lambda session, turn: begin(session, answer_id=turn)
        )
        if asked.question is None:
            raise RuntimeError("a question was stored without a turn")
        return asked.question, answer

    async def answer_again(
        self, caller: Caller, chat_id: str, question_id: str, model: str | None
    ) -> Turn:
        """Raises what `asking.answer_again` does."""
        begin = partial(
            asking.answer_again,
            owner=caller.id,
            chat_id=chat_id,
            question_id=question_id,
            model=model,
            default_model=self._default_model(),
            live=self.answers.is_live,
        )
        _, answer = await self._begin(
            caller, chat_id, lambda session, turn: begin(session, answer_id=turn)
        )
        return answer

    async def go_on(self, caller: Caller, chat_id: str, answer_id: str) -> Turn:
        """Raises what `asking.go_on` does."""
        if self.answers.is_live(answer_id):
            raise JimaeError("turn_not_cut", id=answer_id)
        begin = partial(asking.go_on, owner=caller.id, chat_id=chat_id, live=_nothing_is_live)
        _, answer = await self._begin(
            caller, chat_id, lambda session, turn: begin(session, answer_id=turn), answer_id
        )
        return answer

    async def stop(self, owner: str, chat_id: str, run_id: str) -> Turn:
        """Raises `run_not_found`."""
        return await self.answers.stop(owner, chat_id, run_id)

    def events(
        self, owner: str, chat_id: str, run_id: str, after: int
    ) -> AsyncGenerator[tuple[int, Entry[Turn]], None]:
        """Raises `run_not_found` at once."""
        return self.answers.events(owner, chat_id, run_id, after)

    # --- changing ---------------------------------------------------------------------

    async def create(self, caller: Caller, change: Change) -> shapes.Chat:
        """Begin a chat. Raises `folder_not_found`."""

        def transaction(session: Session) -> shapes.Chat:
            now = time.time()
            row = Chat(
                id=new_id("chat"),
                owner=caller.id,
                created_at=now,
                updated_at=now,
                title="",
                named=False,
                pinned=False,
                settings=msgspec.to_builtins(shapes.PLAIN),
            )
            session.add(row)
            session.flush()
            _apply(session, row, change)
            return chat_of(session, row, self.answers.is_live)

        chat = await self._store.write(transaction)
        self.feed.changed(caller.id, chat.id)
        return chat

    async def change(self, caller: Caller, chat_id: str, change: Change) -> Opened:
        """Raises `chat_not_found`, `folder_not_found`, `turn_not_found`."""

        def transaction(session: Session) -> Opened:
            _apply(session, chat_row(session, caller.id, chat_id), change)
            session.flush()
            return self._open(caller.id, session, chat_id)

        told = await self._store.write(transaction)
        self.feed.changed(caller.id, chat_id)
        return self._now(told)

    # --- inside -----------------------------------------------------------------------

    async def _begin(
        self,
        caller: Caller,
        chat_id: str,
        store: Callable[[Session, str], Asked],
        answer_id: str | None = None,
    ) -> tuple[Asked, Turn]:
        live = self.answers.expect(caller.id, chat_id, answer_id or new_id("turn"))
        try:
            asked = await self._store.write(lambda session: store(session, live.run.record.id))
        except BaseException:
            self.answers.dismiss(live)
            raise
        if not asked.messages:
            self.answers.dismiss(live)
            return asked, self.answers.now(asked.answer)
        answer = self._run(caller, live, asked)
        self.feed.changed(caller.id, chat_id)
        return asked, answer

    def _run(self, caller: Caller, live: Answering, asked: Asked) -> Turn:
        answer = self.answers.begin(caller, live, asked)
        return msgspec.structs.replace(answer, siblings=asked.answer.siblings)

    def _open(
        self,
        owner: str,
        session: Session,
        chat_id: str,
        *,
        before: str | None = None,
        limit: int | None = None,
    ) -> Opened:
        live = self.answers.live_until_now()
        row = chat_row(session, owner, chat_id)
        return self._opened(session, row, live, before, limit)

    def _now(self, told: Opened) -> Opened:
        turns = tuple(map(self.answers.now, told.turns))
        return msgspec.structs.replace(told, turns=turns)

    def _open_shared(
        self,
        caller: Caller,
        chat_id: str,
        session: Session,
        *,
        before: str | None,
        limit: int | None,
    ) -> Opened:
        live = self.answers.live_until_now()
        row = shared_row(session, caller, chat_id)
        note(session, caller, "chat.read", target=row.id, details={"owner": row.owner})
        told = self._opened(session, row, live, before, limit)
        name = names_of(session, {row.owner}).get(row.owner)
        chat = msgspec.structs.replace(told.chat, owner_name=name)
        return msgspec.structs.replace(told, chat=chat)

    def _opened(
        self, session: Session, row: Chat, live: Live, before: str | None, limit: int | None
    ) -> Opened:
        turns, more = opened(session, row, live, before=before, limit=limit)
        return Opened(chat_of(session, row, live), row.head_id, turns, more)


def _apply(session: Session, row: Chat, change: Change) -> None:
    if change.title is not msgspec.UNSET:
        row.title, row.named = change.title, bool(change.title)
        index_title(session, row)
    if change.folder is not msgspec.UNSET:
        if change.folder is not None:
            folder_row(session, row.owner, change.folder, "folder")
        row.folder_id = change.folder
    if change.pinned is not msgspec.UNSET:
        row.pinned = change.pinned
    if change.model is not msgspec.UNSET:
        row.model = change.model
    if change.settings is not msgspec.UNSET:
        row.settings = msgspec.to_builtins(change.settings)
    if change.head is not msgspec.UNSET:
        point_at(session, row, turn_row(session, row, change.head, param="head").id)


def _nothing_is_live(_: str) -> bool:
    return False
