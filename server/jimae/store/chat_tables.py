"""Tables of chats: what people ask at the page, kept for them.

    chat_folders ◄── chats ◄── chat_turns ──head──► items
                       ▲           └── parent (a tree: every edit and every further answer
                       │                        is a branch of it)
                       ├── chat_shares
                       └── chat_words    the words by which a title or a turn is found

A turn is a question or an answer. Its words are items: those after the head of its parent up
to its own. The head of a chat is the turn whose path is shown; each turn knows which of those
below it was shown last, so that walking between branches comes back to where one was.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Json, Owned

TITLE_LENGTH = 256
FOLDER_LENGTH = 128


class Folder(Owned):
    """A folder of chats; one inside of another has a parent, which has none."""

    __tablename__ = "chat_folders"

    name: Mapped[str] = mapped_column(String(FOLDER_LENGTH))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("chat_folders.id"), index=True)

    __table_args__ = (Index(None, "owner"),)


class Chat(Owned):
    """A chat. `named`: a person gave it its title, else it is that of the first question.

    `head_id` is a turn. `deleted_at` is when it went into the trash. `imported_as` tells
    what was imported already.
    """

    __tablename__ = "chats"

    updated_at: Mapped[float] = mapped_column(Double)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    named: Mapped[bool]
    folder_id: Mapped[str | None] = mapped_column(ForeignKey("chat_folders.id"), index=True)
    pinned: Mapped[bool]
    model: Mapped[str | None] = mapped_column(String(256))
    settings: Mapped[dict[str, Any]] = mapped_column(Json)
    head_id: Mapped[str | None] = mapped_column(String(64))
    deleted_at: Mapped[float | None] = mapped_column(Double, index=True)
    imported_as: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (
        Index(None, "owner", "updated_at"),
        Index(None, "owner", "imported_as", unique=True),
    )


class Turn(Owned):
    """A question or an answer.

    `status` is `running`, `completed`, `incomplete` or `failed`; `reason` says why one is
    incomplete, `error` (an `errors.WireError`) why it failed. `chosen_id` is the turn below
    that was shown last. `asked_as` is the name a client gave to its request.
    """

    __tablename__ = "chat_turns"

    chat_id: Mapped[str] = mapped_column(ForeignKey("chats.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("chat_turns.id"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    head_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"), index=True)
    chosen_id: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(256))
    status: Mapped[str] = mapped_column(String(16), index=True)
    reason: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    usage: Mapped[dict[str, int] | None] = mapped_column(Json)
    timings: Mapped[dict[str, float] | None] = mapped_column(Json)
    asked_as: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index(None, "owner", "asked_as", unique=True),)


class Share(Owned):
    """That the members of a group may read a chat."""

    __tablename__ = "chat_shares"

    chat_id: Mapped[str] = mapped_column(ForeignKey("chats.id"))
    group_id: Mapped[str] = mapped_column(String(64), index=True)

    __table_args__ = (Index(None, "chat_id", "group_id", unique=True),)


class Words(Owned):
    """The words of a title (`turn_id` is None) or of a turn, as `service.words` makes them.

    Each database has an index of its own over `words`, made by its migration: `fts_chats`.
    `number` is the row of that index where it needs one, which is in SQLite.
    """

    __tablename__ = "chat_words"

    chat_id: Mapped[str] = mapped_column(ForeignKey("chats.id"), index=True)
    turn_id: Mapped[str | None] = mapped_column(String(64), index=True)
    number: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    words: Mapped[str] = mapped_column(Text)
