"""When somebody signed in last; the log knows of those before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ACCOUNTS = sa.table("accounts", sa.column("id"), sa.column("last_sign_in_at"))
RECORDS = sa.table("audit_records", sa.column("owner"), sa.column("act"), sa.column("created_at"))


def upgrade() -> None:
    op.add_column("accounts", sa.Column("last_sign_in_at", sa.Double))
    last = sa.select(sa.func.max(RECORDS.c.created_at)).where(
        RECORDS.c.owner == ACCOUNTS.c.id, RECORDS.c.act == "session.begin"
    )
    op.execute(sa.update(ACCOUNTS).values(last_sign_in_at=last.scalar_subquery()))
