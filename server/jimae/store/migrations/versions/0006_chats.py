"""Chats, folders, what is shared, and the words by which chats are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "chat_folders",
        *_owned(),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("parent_id", ID),
        _to("chat_folders", "parent_id", "chat_folders"),
    )
    op.create_index("ix_chat_folders_owner", "chat_folders", ["owner"])
    op.create_index("ix_chat_folders_parent_id", "chat_folders", ["parent_id"])
    op.create_table(
        "chats",
        *_owned(),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("title", sa.String(256), nullable=False),
        sa.Column("named", sa.Boolean, nullable=False),
        sa.Column("folder_id", ID),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("model", sa.String(256)),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("head_id", ID),
        sa.Column("deleted_at", sa.Double),
        sa.Column("imported_as", sa.String(64)),
        _to("chats", "folder_id", "chat_folders"),
    )
    for column in ("folder_id", "deleted_at"):
        op.create_index(f"ix_chats_{column}", "chats", [column])
    op.create_index("ix_chats_owner_updated_at", "chats", ["owner", "updated_at"])
    op.create_index("ix_chats_owner_imported_as", "chats", ["owner", "imported_as"], unique=True)
    op.create_table(
        "chat_turns",
        *_owned(),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("parent_id", ID),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("head_id", ID),
        sa.Column("chosen_id", ID),
        sa.Column("model", sa.String(256)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("error", sa.JSON),
        sa.Column("usage", sa.JSON),
        sa.Column("timings", sa.JSON),
        sa.Column("asked_as", ID),
        _to("chat_turns", "chat_id", "chats"),
        _to("chat_turns", "parent_id", "chat_turns"),
        _to("chat_turns", "head_id", "items"),
    )
    for column in ("chat_id", "parent_id", "head_id", "status"):
        op.create_index(f"ix_chat_turns_{column}", "chat_turns", [column])
    op.create_index(
        "ix_chat_turns_owner_asked_as", "chat_turns", ["owner", "asked_as"], unique=True
    )
    op.create_table(
        "chat_shares",
        *_owned(),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        _to("chat_shares", "chat_id", "chats"),
    )
    op.create_index("ix_chat_shares_group_id", "chat_shares", ["group_id"])
    op.create_index(
        "ix_chat_shares_chat_id_group_id", "chat_shares", ["chat_id", "group_id"], unique=True
    )
    op.create_table(
        "chat_words",
        *_owned(),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("turn_id", ID),
        sa.Column("number", sa.BigInteger),
        sa.Column("words", sa.Text, nullable=False),
        _to("chat_words", "chat_id", "chats"),
        sa.UniqueConstraint("number", name="uq_chat_words_number"),
    )
    for column in ("chat_id", "turn_id"):
        op.create_index(f"ix_chat_words_{column}", "chat_words", [column])
    if op.get_bind().dialect.name == "sqlite":
        _index_in_sqlite()
    else:
        _index_in_postgresql()


def _index_in_sqlite() -> None:
    """An index without the words themselves, kept in step by the database itself."""
    op.execute(
        "CREATE VIRTUAL TABLE fts_chats USING fts5(words, content='chat_words', "
        "content_rowid='number', detail='none', columnsize=0, tokenize='ascii')"
    )
    took = "INSERT INTO fts_chats(fts_chats, rowid, words) VALUES ('delete', old.number, old.words)"
    gave = "INSERT INTO fts_chats(rowid, words) VALUES (new.number, new.words)"
    for name, event, does in (
        ("inserted", "INSERT", gave),
        ("deleted", "DELETE", took),
        ("updated", "UPDATE", f"{took}; {gave}"),
    ):
        op.execute(f"CREATE TRIGGER fts_chats_{name} AFTER {event} ON chat_words BEGIN {does}; END")


def _index_in_postgresql() -> None:
    """Words go in as they are: no parser of a language looks at them."""
    op.execute(
        "CREATE INDEX fts_chats ON chat_words "
        "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
    )


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")
