"""Chats, turns and folders as JSON."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from typing_extensions import TypedDict

from jimae.errors import Language, WireError
from jimae.service.chats import shapes
from jimae.service.chats.searching import Found
from jimae.service.words import Span


class ChatBody(TypedDict):
    id: str
    title: str
    named: bool
    folder: str | None
    pinned: bool
    model: str | None
    settings: dict[str, Any]
    created_at: float
    updated_at: float
    deleted_at: float | None
    running: bool
    shared_with: list[str]
    mine: bool
    owner_name: str | None


class ErrorBody(TypedDict):
    code: str
    message: str
    param: str | None


class TurnBody(TypedDict):
    id: str
    parent: str | None
    role: Literal["user", "assistant"]
    created_at: float
    parts: list[dict[str, Any]]
    model: str | None
    status: Literal["running", "completed", "incomplete", "failed"]
    reason: Literal["length", "stopped", "unread", "interrupted"] | None
    error: ErrorBody | None
    usage: dict[str, int] | None
    timings: dict[str, float] | None
    run: dict[str, Any] | None
    siblings: list[str]


class ChatList(TypedDict):
    data: list[ChatBody]
    has_more: bool


class OpenedBody(TypedDict):
    chat: ChatBody
    head: str | None
    turns: list[TurnBody]
    has_more: bool


class AskedBody(TypedDict):
    question: TurnBody
    answer: TurnBody


class AnswerBody(TypedDict):
    answer: TurnBody


class FolderBody(TypedDict):
    id: str
    name: str
    parent: str | None


class FolderList(TypedDict):
    data: list[FolderBody]
    has_more: bool


class FoundBody(TypedDict):
    id: str
    chat: ChatBody
    turn: str | None
    text: str
    spans: list[list[int]]
    title_spans: list[list[int]]


class FoundList(TypedDict):
    data: list[FoundBody]
    has_more: bool


class DeletedBody(TypedDict):
    id: str
    deleted: bool


class EmptiedBody(TypedDict):
    deleted: int


class FailedBody(TypedDict):
    index: int
    reason: str


class ImportedBody(TypedDict):
    imported: int
    already: int
    failed: list[FailedBody]


def chat_body(chat: shapes.Chat, reader: str) -> ChatBody:
    mine = chat.owner == reader
    return {
        "id": chat.id,
        "title": chat.title,
        "named": chat.named,
        "folder": chat.folder,
        "pinned": chat.pinned,
        "model": chat.model,
        # What somebody told a model of themselves is not shared with what was said.
        "settings": msgspec.to_builtins(chat.settings if mine else shapes.PLAIN),
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
        "deleted_at": chat.deleted_at,
        "running": chat.running,
        # Whom else somebody shares with is theirs to know.
        "shared_with": list(chat.shared_with) if mine else [],
        "mine": mine,
        "owner_name": chat.owner_name,
    }


def turn_body(turn: shapes.Turn, language: Language) -> TurnBody:
    return {
        "id": turn.id,
        "parent": turn.parent,
        "role": turn.role,
        "created_at": turn.created_at,
        "parts": msgspec.to_builtins(turn.parts),
        "model": turn.model,
        "status": turn.status,
        "reason": turn.reason,
        "error": _error(turn.error, language),
        "usage": msgspec.to_builtins(turn.usage),
        "timings": msgspec.to_builtins(turn.timings),
        "run": msgspec.to_builtins(turn.run),
        "siblings": list(turn.siblings),
    }


def opened_body(opened: shapes.Opened, reader: str, language: Language) -> OpenedBody:
    return {
        "chat": chat_body(opened.chat, reader),
        "head": opened.head,
        "turns": [turn_body(turn, language) for turn in opened.turns],
        "has_more": opened.has_more,
    }


def found_body(found: Found, reader: str) -> FoundBody:
    return {
        "id": found.id,
        "chat": chat_body(found.chat, reader),
        "turn": found.turn,
        "text": found.text,
        "spans": in_utf16(found.text, found.spans),
        "title_spans": in_utf16(found.chat.title, found.title_spans),
    }


def folder_body(folder: shapes.Folder) -> FolderBody:
    return {"id": folder.id, "name": folder.name, "parent": folder.parent}


def in_utf16(text: str, spans: list[Span]) -> list[list[int]]:
    """Places in a text as a browser counts them: characters beyond the first plane are two."""
    units = [0]
    for character in text:
        units.append(units[-1] + (2 if ord(character) > 0xFFFF else 1))
    return [[units[start], units[end]] for start, end in spans]


def _error(error: WireError | None, language: Language) -> ErrorBody | None:
    if error is None:
        return None
    told = error.to_error()
    return {"code": told.code, "message": told.message(language), "param": told.param}
