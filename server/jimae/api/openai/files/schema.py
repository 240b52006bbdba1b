"""What requests about files may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_PAGE = 10_000

StoredId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Purpose = Literal["batch", "user_data", "assistants"]
Kept = Annotated[int, Field(ge=3600, le=30 * 24 * 3600)]


class Texts(BaseModel):
    """Fields that arrive as text: of a form, or of an address."""

    model_config = ConfigDict(extra="forbid")


class ExpiresAfter(Texts):
    anchor: Literal["created_at"]
    seconds: Kept


class FileForm(Texts):
    """Form of POST /v1/files. `file` is here the name of the file."""

    file: str
    purpose: Purpose
    expires_after: ExpiresAfter | None = None


class FilesQuery(Texts):
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE
    order: Literal["asc", "desc"] = "desc"
    purpose: Purpose | Literal["batch_output"] | None = None
