"""Chats as files: Markdown to be read, and JSON that can be imported again without a loss."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.chats import shapes
from jimae.service.chats.rows import Live, chat_row, items_of_turn, opened, turn_of
from jimae.store.chat_tables import Chat, Folder, Turn
from jimae.store.store import Store

FORMAT: Final = "jimae-chats/1"
AT_ONCE: Final = 20
SPEAKERS: Final = {"user": "質問", "assistant": "回答"}


class File(NamedTuple):
    """A name that any system takes, and what is in it."""

    name: str
    media_type: str
    content: bytes


class Exporting:
    """`zone` is that of the times in texts for people."""

    def __init__(self, store: Store, live: Live, zone: str) -> None:
        self._store = store
        self._live = live
        self._zone: tzinfo = ZoneInfo(zone)

    async def markdown(self, caller: Caller, chat_id: str, *, reasoning: bool) -> File:
        """The branch that is shown. Raises `chat_not_found`."""
        return await self._store.write(
            partial(self._markdown, caller=caller, chat_id=chat_id, reasoning=reasoning)
        )

    async def json(self, caller: Caller, chat_id: str) -> File:
        """Every branch. Raises `chat_not_found`."""

        def transaction(session: Session) -> File:
            row = chat_row(session, caller.id, chat_id)
            note(session, caller, "chat.export", target=row.id, details={"format": "json"})
            content = _enclosed([_whole(session, row)])
            return File(_file_name(row.title, "json"), "application/json", content)

        return await self._store.write(transaction)

    async def everything(self, caller: Caller) -> AsyncGenerator[bytes, None]:
        """All chats of somebody, those in the trash left out, as the pieces of one file."""

        def begin(session: Session) -> list[str]:
            note(session, caller, "chat.export", details={"format": "json", "all": True})
            wanted = select(Chat.id).where(Chat.owner == caller.id, Chat.deleted_at.is_(None))
            return list(session.scalars(wanted.order_by(Chat.created_at, Chat.id)))

        ids = await self._store.write(begin)
        yield _BEGIN
        for start in range(0, len(ids), AT_ONCE):
            chats = await self._store.read(
                partial(_some, owner=caller.id, ids=ids[start : start + AT_ONCE])
            )
            for at, chat in enumerate(chats):
                yield (b"," if start + at else b"") + b"\n" + msgspec.json.encode(chat)
        yield _END

    def _markdown(self, session: Session, caller: Caller, chat_id: str, reasoning: bool) -> File:
        row = chat_row(session, caller.id, chat_id)
        note(session, caller, "chat.export", target=row.id, details={"format": "markdown"})
        turns, _ = opened(session, row, self._live)
        lines = [f"# {row.title or 'チャット'}", ""]
        for turn in turns:
            when = datetime.fromtimestamp(turn.created_at, self._zone).strftime("%Y-%m-%d %H:%M")
            model = f"（{turn.model}）" if turn.model else ""
            lines += [f"## {SPEAKERS[turn.role]}{model} {when}", ""]
            for part in turn.parts:
                lines += _lines(part, reasoning)
        content = "\n".join(lines).rstrip() + "\n"
        return File(_file_name(row.title, "md"), "text/markdown; charset=utf-8", content.encode())


_BEGIN: Final = f'{{"format":"{FORMAT}","chats":['.encode()
_END: Final = b"\n]}\n"


def _enclosed(chats: list[dict[str, Any]]) -> bytes:
    return _BEGIN + b",".join(b"\n" + msgspec.json.encode(chat) for chat in chats) + _END


def _some(session: Session, owner: str, ids: list[str]) -> list[dict[str, Any]]:
    rows = session.scalars(select(Chat).where(Chat.owner == owner, Chat.id.in_(ids))).all()
    return [_whole(session, row) for row in sorted(rows, key=lambda row: ids.index(row.id))]


def _whole(session: Session, chat: Chat) -> dict[str, Any]:
    """A chat with all of its turns, each after its parent."""
    rows = session.scalars(
        select(Turn).where(Turn.chat_id == chat.id).order_by(Turn.created_at, Turn.id)
    ).all()
    folder = session.get(Folder, chat.folder_id) if chat.folder_id is not None else None
    return {
        "id": chat.id,
        "title": chat.title,
        "named": chat.named,
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
        "pinned": chat.pinned,
        "folder": folder.name if folder is not None else None,
        "model": chat.model,
        "settings": chat.settings,
        "head": chat.head_id,
        "turns": [_turn(session, row) for row in rows],
    }


def _turn(session: Session, row: Turn) -> dict[str, Any]:
    turn = turn_of(row, items_of_turn(session, row), (), lambda _: False)
    told: dict[str, Any] = msgspec.to_builtins(turn)
    # What is of this moment, or of this server only.
    for name in ("run", "siblings", "error"):
        del told[name]
    return told


def _lines(part: shapes.Part, reasoning: bool) -> list[str]:
    match part:
        case shapes.Text(text=text):
            return [text, ""]
        case shapes.Attachment(name=name, text=text):
            return [f"**添付ファイル: {_inline(name)}**", "", *_fenced(text), ""]
        case shapes.Reasoning(text=text) if reasoning:
            return [
                "<details><summary>考えたこと</summary>",
                "",
                *_fenced(text),
                "",
                "</details>",
                "",
            ]
        case shapes.Call(name=name, arguments=arguments):
            return [f"**ツール: {_inline(name)}**", "", *_fenced(arguments), ""]
        case shapes.Result(text=text):
            return [*_fenced(text), ""]
        case shapes.Note(text=text):
            return [f"（{_inline(text)}）", ""]
        case _:
            return []


def _fenced(text: str) -> list[str]:
    """As it is, whatever is in it: a fence is longer than any inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, text, fence]


def _inline(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", " ".join(text.split()))


def _file_name(title: str, ending: str) -> str:
    """A title as the name of a file: without what a system forbids, or hides."""
    plain = "".join(character for character in title if character.isprintable())
    plain = re.sub(r'[\\/:*?"<>|]', "_", plain).strip(" .")[:80]
    return f"{plain or 'chat'}.{ending}"
