"""What requests about batches may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from jimae.api.openai.files.schema import Kept, StoredId, Texts
from jimae.api.openai.responses.schema import Metadata
from jimae.api.openai.schema import Strict

MAX_PAGE = 100

Path = Literal["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"]


class OutputExpiresAfter(Strict):
    anchor: Literal["created_at"]
    seconds: Kept


class BatchRequest(Strict):
    """Body of POST /v1/batches."""

    input_file_id: StoredId
    endpoint: Path
    completion_window: Literal["24h"]
    metadata: Metadata | None = None
    output_expires_after: OutputExpiresAfter | None = None


class BatchesQuery(Texts):
    after: StoredId | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 20
