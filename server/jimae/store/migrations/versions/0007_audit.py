"""The audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(64)
HASH = sa.String(64)


def upgrade() -> None:
    op.create_table(
        "audit_records",
        *_owned(),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("target", sa.String(256)),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("group_id", ID),
        sa.Column("model", sa.String(256)),
        sa.Column("begin_id", ID),
        sa.Column("body", sa.Text),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("previous", HASH, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.UniqueConstraint("seq", name="uq_audit_records_seq"),
    )
    for column in ("owner", "group_id", "act", "model"):
        op.create_index(f"ix_audit_records_{column}_seq", "audit_records", [column, "seq"])
    for column in ("begin_id", "created_at"):
        op.create_index(f"ix_audit_records_{column}", "audit_records", [column])
    op.create_table(
        "audit_contents",
        *_owned(),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("key_id", sa.String(16)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("seq", name="uq_audit_contents_seq"),
    )
    op.create_index("ix_audit_contents_created_at", "audit_contents", ["created_at"])
    op.create_table(
        "audit_words",
        *_owned(),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.UniqueConstraint("number", name="uq_audit_words_number"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_in_sqlite()
    else:
        _index_in_postgresql()
    heads = op.create_table(
        "audit_heads",
        *_owned(),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", HASH, nullable=False),
    )
    op.bulk_insert(
        heads,
        [{"id": "head", "owner": "server", "created_at": 0.0, "seq": 0, "hash": "0" * 64}],
    )
    op.create_table("audit_open", *_owned())
    op.create_table(
        "audit_checkpoints",
        *_owned(),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_checkpoints_seq", "audit_checkpoints", ["seq"])
    op.create_table(
        "audit_certificates",
        *_owned(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "audit_holds",
        *_owned(),
        sa.Column("reason", sa.String(1024), nullable=False),
        sa.Column("account_id", sa.String(128)),
        sa.Column("group_id", ID),
        sa.Column("since", sa.Double),
        sa.Column("until", sa.Double),
    )
    op.create_table("audit_rules", *_owned(), sa.Column("days", sa.Integer, nullable=False))


def _index_in_sqlite() -> None:
    """An index without the words themselves, kept in step by the database itself."""
    op.execute(
        "CREATE VIRTUAL TABLE fts_audit USING fts5(words, content='audit_words', "
        "content_rowid='number', detail='none', columnsize=0, tokenize='ascii')"
    )
    took = "INSERT INTO fts_audit(fts_audit, rowid, words) VALUES ('delete', old.number, old.words)"
    gave = "INSERT INTO fts_audit(rowid, words) VALUES (new.number, new.words)"
    for name, event, does in (
        ("inserted", "INSERT", gave),
        ("deleted", "DELETE", took),
        ("updated", "UPDATE", f"{took}; {gave}"),
    ):
        made = f"CREATE TRIGGER fts_audit_{name} AFTER {event} ON audit_words"
        op.execute(f"{made} BEGIN {does}; END")


def _index_in_postgresql() -> None:
    """Words go in as they are: no parser of a language looks at them."""
    op.execute(
        "CREATE INDEX fts_audit ON audit_words "
        "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
    )


def _owned() -> list[sa.Column[object]]:
    return [
        sa.Column("id", ID, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    ]
