"""What is added to the page: templates, answers that were judged, preferences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MODEL = sa.String(256)


def upgrade() -> None:
    op.create_table(
        "templates",
        *_owned(),
        sa.Column("group_id", sa.String(64)),
        sa.Column("updated_at", sa.Double, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("ix_templates_group_id", "templates", ["group_id"])
    op.create_index("ix_templates_owner_updated_at", "templates", ["owner", "updated_at"])
    op.create_table(
        "preferences",
        *_owned(),
        sa.Column("consented_at", sa.Double),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_index("ix_preferences_owner", "preferences", ["owner"], unique=True)
    op.create_table(
        "judgements",
        *_owned(),
        sa.Column("turn_id", sa.String(64), nullable=False),
        sa.Column("model", MODEL, nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("texts", sa.JSON),
    )
    op.create_index("ix_judgements_created_at", "judgements", ["created_at"])
    op.create_index("ix_judgements_owner_turn_id", "judgements", ["owner", "turn_id"], unique=True)
    op.create_table(
        "comparisons",
        *_owned(),
        sa.Column("first", MODEL, nullable=False),
        sa.Column("second", MODEL, nullable=False),
        sa.Column("vote", sa.String(8), nullable=False),
        sa.Column("blind", sa.Boolean, nullable=False),
        sa.Column("texts", sa.JSON),
    )
    op.create_index("ix_comparisons_created_at", "comparisons", ["created_at"])
    op.create_index("ix_comparisons_owner_created_at", "comparisons", ["owner", "created_at"])


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]
