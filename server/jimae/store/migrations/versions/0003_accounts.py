"""People, groups, sessions, API keys, and what keeps others out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(64)
NAME = sa.String(128)


def upgrade() -> None:
    op.create_table(
        "accounts",
        *_owned(),
        sa.Column("name", NAME, nullable=False),
        sa.Column("display_name", sa.String(256), nullable=False),
        sa.Column("mail", sa.String(320)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("external_id", sa.String(256)),
        sa.Column("password_hash", sa.String(256)),
        sa.Column("password_changed_at", sa.Double),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("disabled_at", sa.Double),
        sa.Column("last_seen_at", sa.Double),
        sa.UniqueConstraint("name", name="uq_accounts_name"),
    )
    op.create_index(
        "ix_accounts_source_external_id", "accounts", ["source", "external_id"], unique=True
    )
    op.create_table(
        "groups",
        *_owned(),
        sa.Column("name", NAME, nullable=False),
        sa.Column("purpose", sa.String(1024), nullable=False),
        sa.Column("source", ID, nullable=False),
        sa.Column("external_id", sa.String(256)),
        sa.UniqueConstraint("name", name="uq_groups_name"),
    )
    op.create_index(
        "ix_groups_source_external_id", "groups", ["source", "external_id"], unique=True
    )
    op.create_table(
        "memberships",
        *_owned(),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("group_id", ID, nullable=False),
        sa.Column("manages", sa.Boolean, nullable=False),
        sa.Column("chosen", sa.Boolean, nullable=False),
        _to("memberships", "account_id", "accounts"),
        _to("memberships", "group_id", "groups"),
    )
    op.create_index("ix_memberships_group_id", "memberships", ["group_id"])
    op.create_index(
        "ix_memberships_account_id_group_id",
        "memberships",
        ["account_id", "group_id"],
        unique=True,
    )
    op.create_table(
        "sessions",
        *_owned(),
        sa.Column("token_sha256", ID, nullable=False),
        sa.Column("csrf", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("address", ID, nullable=False),
        sa.Column("agent", sa.String(256), nullable=False),
        sa.UniqueConstraint("token_sha256", name="uq_sessions_token_sha256"),
        _to("sessions", "account_id", "accounts"),
    )
    for column in ("account_id", "expires_at"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column])
    op.create_table(
        "api_keys",
        *_owned(),
        sa.Column("key_sha256", ID, nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("areas", sa.JSON, nullable=False),
        sa.Column("models", sa.JSON, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("used_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        sa.UniqueConstraint("key_sha256", name="uq_api_keys_key_sha256"),
        _to("api_keys", "account_id", "accounts"),
    )
    op.create_index("ix_api_keys_account_id", "api_keys", ["account_id"])
    op.create_table(
        "attempts",
        *_owned(),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", sa.Double, nullable=False),
        sa.Column("locked_until", sa.Double, nullable=False),
    )
    op.create_index("ix_attempts_failed_at", "attempts", ["failed_at"])
    op.create_table(
        "setup_codes",
        *_owned(),
        sa.Column("code_sha256", ID, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("tries_left", sa.Integer, nullable=False),
    )


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")
