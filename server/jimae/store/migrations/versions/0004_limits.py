"""Limits, and the ledger of what was used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "limits",
        *_owned(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
    )
    op.create_index("ix_limits_changed_at", "limits", ["changed_at"])
    op.create_index("ix_limits_kind_owner", "limits", ["kind", "owner"], unique=True)
    op.create_table(
        "ledger",
        *_owned(),
        sa.Column("group_id", ID),
        sa.Column("key_id", ID),
        sa.Column("model", sa.String(256), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_tokens", sa.BigInteger, nullable=False),
        sa.Column("waited", sa.Double, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("code", ID),
    )
    op.add_column("batches", sa.Column("key_id", ID))
    op.create_index("ix_ledger_day", "ledger", ["day"])
    op.create_index("ix_ledger_owner_day", "ledger", ["owner", "day"])
    op.create_index("ix_ledger_group_id_day", "ledger", ["group_id", "day"])


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]
