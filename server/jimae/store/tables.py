"""Every table. A change here needs a migration beside it; a test compares the two.

    conversations ──head──┐
                          ▼
    items:   a ◄── b ◄── c ◄── d        each item knows its parent
                   ▲           ▲
                   └── e       └──head── responses
                       (a branch)

Items are one forest of trees: a conversation, a stored response, a chat or a branch of
one is a pointer to its last item (its head), and its text is the path from there up.
Every row has an owner, and every look-up goes by owner and id together.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

from sqlalchemy import JSON, Double, ForeignKey, Index, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# PostgreSQL names constraints by itself and SQLite does not: a later migration needs the name.
NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Not PostgreSQL's JSONB, which sorts keys and refuses U+0000: what was sent is shown again.
Json = JSON(none_as_null=True)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


Fate = Literal["passes", "goes", "stays"]
"""What becomes of rows when the account of their owner is deleted:

    passes   what somebody made: deleted with them, or given to somebody else
    goes     what is about somebody: deleted with them
    stays    what tells that something happened: outlives them
"""


class Owned(Base):
    """What every table has. `owner` is the id of a principal; times are Unix seconds."""

    __abstract__ = True

    fate: ClassVar[Fate] = "passes"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[float] = mapped_column(Double)


class Item(Owned):
    """A node of a tree: a message, a call of a function, its output, a thought.

    `data` is what belongs to its `kind`, in the shape of OpenAI's items. `status` is
    `in_progress`, `completed` or `incomplete`.
    """

    __tablename__ = "items"

    parent_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    role: Mapped[str | None] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(Json)


class Conversation(Owned):
    """A list of items that grows. `busy_with` is the response that is about to add to it."""

    __tablename__ = "conversations"

    head_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"), index=True)
    busy_with: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, str]] = mapped_column("metadata", Json)

    __table_args__ = (Index(None, "owner", "created_at"),)


class Response(Owned):
    """An answer that was kept: what was asked, how it ended, and the branch it wrote.

    `input_id` is the last item it was given, `head_id` the last it wrote (or the same).
    `request` holds the parameters to be shown again; `error` is an `errors.WireError`.
    """

    __tablename__ = "responses"

    status: Mapped[str] = mapped_column(String(16), index=True)
    model: Mapped[str] = mapped_column(String(256))
    completed_at: Mapped[float | None] = mapped_column(Double)
    background: Mapped[bool]
    input_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"), index=True)
    head_id: Mapped[str | None] = mapped_column(ForeignKey("items.id"), index=True)
    previous_id: Mapped[str | None] = mapped_column(String(64))
    conversation_id: Mapped[str | None] = mapped_column(String(64))
    request: Mapped[dict[str, Any]] = mapped_column(Json)
    usage: Mapped[dict[str, int] | None] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    incomplete: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (Index(None, "owner", "created_at"),)
