"""Tables of files and batches. What is in a file is not here: see `blobs`.

    batches ──input_file_id──► files ◄──output_file_id, error_file_id── batches

No foreign keys: a file may be deleted, and a batch still says which one it read.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Double, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from jimae.store.tables import Json, Owned


class File(Owned):
    """A file that was uploaded, or that a batch wrote; its content is the blob of its id.

    `size` is in bytes. From `expires_at` on it is as if it were not there.
    """

    __tablename__ = "files"

    filename: Mapped[str] = mapped_column(String(255))
    purpose: Mapped[str] = mapped_column(String(32), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[float | None] = mapped_column(Double, index=True)

    __table_args__ = (Index(None, "owner", "created_at"),)


class Batch(Owned):
    """Requests of a file that are answered when nobody waits.

    `key_id` is the API key that it was made with, `language` that of its errors. `reached` holds
    when each status was reached; `output_seconds` how long what it writes is kept; `errors` what
    was wrong with its file, as OpenAI shows it.
    """

    __tablename__ = "batches"

    key_id: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), server_default="en")
    endpoint: Mapped[str] = mapped_column(String(64))
    input_file_id: Mapped[str] = mapped_column(String(64), index=True)
    status: Mapped[str] = mapped_column(String(16), index=True)
    reached: Mapped[dict[str, float]] = mapped_column(Json)
    expires_at: Mapped[float] = mapped_column(Double)
    model: Mapped[str | None] = mapped_column(String(256))
    details: Mapped[dict[str, str] | None] = mapped_column("metadata", Json)
    output_seconds: Mapped[int]
    output_file_id: Mapped[str | None] = mapped_column(String(64))
    error_file_id: Mapped[str | None] = mapped_column(String(64))
    errors: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    total: Mapped[int]
    completed: Mapped[int]
    failed: Mapped[int]
    usage: Mapped[dict[str, int] | None] = mapped_column(Json)

    __table_args__ = (Index(None, "owner", "created_at"),)
