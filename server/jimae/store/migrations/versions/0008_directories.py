"""Directories of people elsewhere, and what they keep here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "directories",
        *_owned(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("identity", sa.String(1024), nullable=False),
        sa.Column("checked_at", sa.Double),
        sa.Column("failure", ID),
    )
    op.create_table("spent_attempts", *_owned())
    op.create_index("ix_spent_attempts_created_at", "spent_attempts", ["created_at"])
    op.create_table(
        "scim_resources",
        *_owned(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("external_id", sa.String(256)),
        sa.Column("changed_at", sa.Double, nullable=False),
    )
    op.create_index(
        "ix_scim_resources_kind_external_id",
        "scim_resources",
        ["kind", "external_id"],
        unique=True,
    )


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]
