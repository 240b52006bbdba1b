"""Items, and what points into their trees: conversations and responses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "items",
        *_owned(),
        sa.Column("parent_id", ID),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("role", sa.String(16)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        _to_item("items", "parent_id"),
    )
    op.create_index("ix_items_parent_id", "items", ["parent_id"])
    op.create_table(
        "conversations",
        *_owned(),
        sa.Column("head_id", ID),
        sa.Column("busy_with", ID),
        sa.Column("metadata", sa.JSON, nullable=False),
        _to_item("conversations", "head_id"),
    )
    op.create_index("ix_conversations_head_id", "conversations", ["head_id"])
    op.create_index("ix_conversations_owner_created_at", "conversations", ["owner", "created_at"])
    op.create_table(
        "responses",
        *_owned(),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("completed_at", sa.Double),
        sa.Column("background", sa.Boolean, nullable=False),
        sa.Column("input_id", ID),
        sa.Column("head_id", ID),
        sa.Column("previous_id", ID),
        sa.Column("conversation_id", ID),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("usage", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("incomplete", sa.String(32)),
        _to_item("responses", "input_id"),
        _to_item("responses", "head_id"),
    )
    for column in ("status", "input_id", "head_id"):
        op.create_index(f"ix_responses_{column}", "responses", [column])
    op.create_index("ix_responses_owner_created_at", "responses", ["owner", "created_at"])


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]


def _to_item(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["items.id"], name=f"fk_{table}_{column}")
