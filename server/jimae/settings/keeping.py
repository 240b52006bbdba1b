"""What is kept, where, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from jimae.settings.section import Section


class DatabaseSettings(Section):
    """Where accounts, conversations and stored responses are kept."""

    url: SecretStr | None = Field(
        None,
        description="PostgreSQL to keep them in, as `postgresql://user:password@host:5432/name`; "
        "unset keeps them in the file `jimae.db` in the data directory.",
    )


class FilesSettings(Section):
    """What programs may keep here."""

    max_mb: Annotated[float, Field(gt=0, le=1024 * 1024)] = Field(
        512, description="Largest file in MiB that can be uploaded; a larger one is answered 413."
    )


class ChatsSettings(Section):
    """Chats that people keep at the page."""

    unread_seconds: Annotated[float, Field(ge=1, le=86_400)] = Field(
        30,
        description="How long an answer is written on while no page reads it, for one that is "
        "loaded again; then it ends with what there is.",
    )
    trash_days: Annotated[float, Field(ge=0, le=3650)] = Field(
        30, description="Days that a chat stays in the trash before it is deleted for good."
    )
    max_import_mb: Annotated[float, Field(gt=0, le=16 * 1024)] = Field(
        512, description="Largest file of chats in MiB that can be imported."
    )


class BatchesSettings(Section):
    """Requests that come in a file and are answered when nobody waits."""

    max_requests: Annotated[int, Field(ge=1)] = Field(
        50_000, description="Most requests of one batch."
    )
    parallel: Annotated[int, Field(ge=1, le=128)] = Field(
        4, description="Most requests of batches that are asked of a model at the same time."
    )


class AuditSettings(Section):
    """The audit log: how it is signed, kept and read."""

    checkpoint_records: Annotated[int, Field(ge=1)] = Field(
        1000, description="Records after which the end of the log is signed."
    )
    checkpoint_minutes: Annotated[float, Field(gt=0, le=1440)] = Field(
        10, description="Minutes after which it is signed if anything was recorded."
    )
    metadata_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        1826,
        description="Days after which records are deleted, unless the database says otherwise "
        "(`jimae audit retention`); 0 keeps them.",
    )
    content_days: Annotated[int, Field(ge=0, le=36500)] = Field(
        365,
        description="The same for what was asked and answered; 0 keeps it as long as its record.",
    )
    encryption_keys: Path | None = Field(
        None,
        description="File with keys, one a line, the last one in use (`jimae audit "
        "encryption-key` adds one), that encrypt what was asked and answered in the audit log "
        "and what models keep of prompts on disk; unset does not encrypt it.",
    )
    admins_read_content: bool = Field(
        False,
        description="Whether administrators, too, may read in the log what was asked and "
        "answered. Auditors may; whoever does is recorded.",
    )
