"""Every parameter of OpenAI's endpoints for batches, and what this server does with it."""

from __future__ import annotations

from typing import Final

from jimae.api.parameters import Endpoint, Parameter, works

CREATE: Final[dict[str, Parameter]] = {
    "input_file_id": works("A file of the purpose batch, up to batches.max_requests lines."),
    "endpoint": works(
        "/v1/chat/completions, /v1/completions, /v1/embeddings or /v1/responses; others are "
        "invalid_choice."
    ),
    "completion_window": works("24h: what is not answered then ends as batch_expired."),
    "metadata": works("Up to 16 texts, kept and shown again."),
    "output_expires_after": works("anchor created_at, 3600 to 2592000 seconds; 30 days if unset."),
}
LIST: Final[dict[str, Parameter]] = {
    "after": works("The id of the last batch of the page before."),
    "limit": works("1 to 100; 20 if unset."),
}
ENDPOINTS: Final = (
    Endpoint(
        "POST",
        "/v1/batches",
        CREATE,
        "Lines are answered behind everybody who waits for an answer, and go on after a restart. "
        "Errors in what is written have the language of this request's Accept-Language header; "
        "English without one.",
    ),
    Endpoint("GET", "/v1/batches", LIST),
)
