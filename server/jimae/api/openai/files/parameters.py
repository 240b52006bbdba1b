"""Every parameter of OpenAI's endpoints for files, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Endpoint, Parameter, works

UPLOAD: Final[dict[str, Parameter]] = {
    "file": works("Up to files.max_mb; read as it comes, and on the disk before the answer."),
    "purpose": works(
        "batch, user_data or assistants. Others are invalid_choice: nothing here trains models."
    ),
    "expires_after": works("anchor created_at, 3600 to 2592000 seconds; batch: 30 days if unset."),
}
LIST: Final[dict[str, Parameter]] = {
    "after": works("The id of the last file of the page before."),
    "limit": works("1 to 10000; 10000 if unset."),
    "order": works("asc or desc, by time of creation; desc if unset."),
    "purpose": works("Only files of this purpose; batch_output are those that batches wrote."),
}
ENDPOINTS: Final = (
    Endpoint("POST", "/v1/files", UPLOAD, "A multipart form."),
    Endpoint("GET", "/v1/files", LIST),
)
