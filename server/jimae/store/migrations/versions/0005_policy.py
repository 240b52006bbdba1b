"""The text of use and who accepted it; what a group may send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(64)
WORD = sa.String(16)


def upgrade() -> None:
    op.create_table(
        "policy_texts",
        *_owned(),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("ja", sa.Text, nullable=False),
        sa.Column("en", sa.Text, nullable=False),
        sa.UniqueConstraint("version", name="uq_policy_texts_version"),
    )
    op.create_table(
        "policy_acceptances",
        *_owned(),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index(
        "ix_policy_acceptances_owner_version",
        "policy_acceptances",
        ["owner", "version"],
        unique=True,
    )
    op.create_table(
        "policy_rules",
        *_owned(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("models", WORD, nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("confidence", WORD, nullable=False),
    )
    op.create_index(
        "ix_policy_rules_owner_kind_models_level",
        "policy_rules",
        ["owner", "kind", "models", "level"],
        unique=True,
    )
    op.create_table(
        "policy_words",
        *_owned(),
        sa.Column("word", sa.String(200), nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("level", WORD, nullable=False),
        sa.Column("action", WORD, nullable=False),
    )
    op.create_index("ix_policy_words_owner", "policy_words", ["owner"])
    op.create_table(
        "trusted_models",
        *_owned(),
        sa.Column("model", sa.String(256), nullable=False),
        sa.UniqueConstraint("model", name="uq_trusted_models_model"),
    )


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]
