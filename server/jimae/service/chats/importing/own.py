"""Chats that a jimae exported, or that its page kept in a browser."""

from __future__ import annotations

import msgspec

from jimae.service.chats import shapes
from jimae.service.chats.importing.shapes import ReadChat, ReadTurn, UnreadableError, in_order


class _File(msgspec.Struct):
    id: str
    title: str
    created_at: float
    updated_at: float
    turns: list[ReadTurn]
    head: str | None
    named: bool = False
    pinned: bool = False
    folder: str | None = None
    model: str | None = None
    settings: shapes.ChatSettings = shapes.PLAIN


def is_own(value: dict[str, object]) -> bool:
    return isinstance(value.get("turns"), list) and "head" in value


def read(value: dict[str, object]) -> ReadChat:
    """Raises UnreadableError."""
    try:
        chat = msgspec.convert(value, _File)
    except msgspec.ValidationError as error:
        raise UnreadableError(str(error)) from None
    turns = [
        # Nobody writes on what was being written when it was exported.
        msgspec.structs.replace(turn, status="incomplete", reason="interrupted")
        if turn.status == "running"
        else turn
        for turn in chat.turns
    ]
    return ReadChat(
        origin=f"jimae:{chat.id}",
        title=chat.title,
        created_at=chat.created_at,
        updated_at=chat.updated_at,
        turns=in_order({turn.id: turn for turn in turns}),
        head=chat.head,
        named=chat.named,
        pinned=chat.pinned,
        folder=chat.folder,
        model=chat.model,
        settings=chat.settings,
        id=chat.id,
    )
