"""How Alembic runs: on the connection of `store.migrate`, in its transaction."""

from __future__ import annotations

from alembic import context

from jimae.store import (  # noqa: F401  (their tables belong to Base)
    account_tables,
    audit_tables,
    chat_tables,
    directory_tables,
    file_tables,
    page_tables,
    policy_tables,
    usage_tables,
)
from jimae.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most of a table; Alembic copies it into a new one.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
