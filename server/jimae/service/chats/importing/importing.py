"""Storing the chats of a file: each in a transaction of its own, none of them twice."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.chats import shapes
from jimae.service.chats.asking import title_of
from jimae.service.chats.feed import Feed
from jimae.service.chats.importing import chatgpt, open_webui, own
from jimae.service.chats.importing.reader import elements
from jimae.service.chats.importing.shapes import ReadChat, ReadTurn, UnreadableError
from jimae.service.chats.indexing import index_title, index_turn
from jimae.service.chats.parts import items_of
from jimae.service.items import new_id, to_row
from jimae.store import items as item_store
from jimae.store.chat_tables import FOLDER_LENGTH, TITLE_LENGTH, Chat, Folder, Turn
from jimae.store.store import Store

MIB: Final = 1024 * 1024
PIECE: Final = 256 * 1024
MOST_TOLD: Final = 100
NUL: Final = "\0"


class Failed(msgspec.Struct, frozen=True):
    """A chat that could not be read: its place in the file, from 0, and why."""

    index: int
    reason: str


class Imported(msgspec.Struct):
    imported: int = 0
    already: int = 0
    failed: list[Failed] = []


class Importing:
    """`folder` is where a file is kept while it is read; it is never larger than `max_mb`."""

    def __init__(self, store: Store, feed: Feed, folder: Path, max_mb: float) -> None:
        self._store = store
        self._feed = feed
        self._folder = folder
        self._limit = max_mb

    async def take(self, caller: Caller, body: AsyncIterator[bytes]) -> Imported:
        """Import a file. What was imported before an error stays; the file can be sent again.

        Raises `import_unreadable`, `import_too_large`.
        """
        done = Imported()
        with tempfile.TemporaryFile(dir=self._folder) as file:
            await self._receive(body, file)
            file.seek(0)
            chats = elements(_pieces(file))
            index = 0
            try:
                while (value := await asyncio.to_thread(next, chats, _END)) is not _END:
                    await self._take_one(caller, index, value, done)
                    index += 1
            finally:
                await self._store.write(partial(_noted, caller=caller, done=done))
        return done

    async def _receive(self, body: AsyncIterator[bytes], file: BinaryIO) -> None:
        size = 0
        async for chunk in body:
            size += len(chunk)
            if size > self._limit * MIB:
                raise JimaeError("import_too_large", limit=f"{self._limit:g}")
            await asyncio.to_thread(file.write, chunk)

    async def _take_one(self, caller: Caller, index: int, value: object, done: Imported) -> None:
        try:
            chat = read(value)
        except UnreadableError as error:
            if len(done.failed) < MOST_TOLD:
                done.failed.append(Failed(index, str(error)))
            return
        stored = await self._store.write(partial(_stored, owner=caller.id, chat=chat))
        if stored is None:
            done.already += 1
        else:
            done.imported += 1
            self._feed.changed(caller.id, stored)


_END: Final = object()


def read(value: object) -> ReadChat:
    """A chat of a file, whatever wrote it. Raises UnreadableError."""
    if not isinstance(value, dict):
        raise UnreadableError("it is not an object")
    if own.is_own(value):
        return own.read(value)
    if chatgpt.is_chatgpt(value):
        return chatgpt.read(value)
    if open_webui.is_open_webui(value):
        return open_webui.read(value)
    raise UnreadableError("it is no chat of jimae, ChatGPT or Open WebUI")


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _noted(session: Session, caller: Caller, done: Imported) -> None:
    details = {"imported": done.imported, "already": done.already, "failed": len(done.failed)}
    note(session, caller, "chat.import", details=details)


def _stored(session: Session, owner: str, chat: ReadChat) -> str | None:
    """The id of the new chat; None if it is there already."""
    origin = hashlib.sha256(chat.origin.encode()).hexdigest()
    same = or_(Chat.imported_as == origin, Chat.id == chat.id)
    known = select(Chat.id).where(Chat.owner == owner, same)
    if session.scalar(known) is not None:
        return None
    row = Chat(
        id=new_id("chat"),
        owner=owner,
        created_at=chat.created_at,
        updated_at=chat.updated_at,
        title=_clean(" ".join(chat.title.split()))[:TITLE_LENGTH],
        named=chat.named and bool(chat.title.strip()),
        folder_id=_folder(session, owner, chat.folder),
        pinned=chat.pinned,
        model=chat.model,
        settings=msgspec.to_builtins(chat.settings),
        imported_as=origin,
    )
    session.add(row)
    session.flush()
    ids = {turn.id: new_id("turn") for turn in chat.turns}
    heads: dict[str | None, str | None] = {None: None}
    for number, turn in enumerate(chat.turns):
        # Times of a file may be equal, or missing: the order of versions is that of the file.
        made = _turn(row, turn, ids, number)
        own_items = [to_row(item, owner) for item in items_of(_cleaned(turn.parts), turn.role)]
        made.head_id = item_store.append(session, heads[turn.parent], own_items)
        heads[turn.id] = made.head_id
        session.add(made)
        session.flush()
        index_turn(session, row, made.id, shapes.plain_text(_cleaned(turn.parts)))
    _choose(session, row, chat, ids)
    if not row.title:
        asked = [turn for turn in chat.turns if turn.role == "user"][:1]
        row.title = title_of("".join(shapes.plain_text(_cleaned(turn.parts)) for turn in asked))
    index_title(session, row)
    return row.id


def _turn(row: Chat, turn: ReadTurn, ids: dict[str, str], number: int) -> Turn:
    return Turn(
        id=ids[turn.id],
        owner=row.owner,
        created_at=turn.created_at + number * 1e-6,
        chat_id=row.id,
        parent_id=ids[turn.parent] if turn.parent is not None else None,
        role=turn.role,
        model=turn.model,
        status=turn.status,
        reason=turn.reason,
        usage=msgspec.to_builtins(turn.usage),
        timings=msgspec.to_builtins(turn.timings),
    )


def _choose(session: Session, row: Chat, chat: ReadChat, ids: dict[str, str]) -> None:
    """Show the branch that was shown there, or else the last one."""
    if not chat.turns:
        return
    head = chat.head if chat.head in ids else chat.turns[-1].id
    row.head_id = ids[head]
    parents = {turn.id: turn.parent for turn in chat.turns}
    while (above := parents[head]) is not None:
        session.get_one(Turn, ids[above]).chosen_id = ids[head]
        head = above


def _folder(session: Session, owner: str, name: str | None) -> str | None:
    """The folder of this name, which is made if there is none."""
    if not name:
        return None
    name = _clean(name)[:FOLDER_LENGTH]
    row = session.scalar(select(Folder).where(Folder.owner == owner, Folder.name == name).limit(1))
    if row is None:
        row = Folder(id=new_id("folder"), owner=owner, created_at=time.time(), name=name)
        session.add(row)
        session.flush()
    return row.id


def _cleaned(parts: tuple[shapes.Part, ...]) -> tuple[shapes.Part, ...]:
    def clean(part: shapes.Part) -> shapes.Part:
        texts = {name: _clean(value) for name, value in msgspec.structs.asdict(part).items()}
        return msgspec.structs.replace(part, **texts)

    return tuple(map(clean, parts))


def _clean(text: str) -> str:
    """Without what no database keeps and no text means."""
    return text.replace(NUL, "")
