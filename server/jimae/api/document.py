"""What the OpenAPI document says of answers: each status that an operation can have."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from jimae.api.anthropic import errors as anthropic

Responses = dict[int | str, dict[str, Any]]

EVENTS: Final = "text/event-stream"
LINES: Final = "application/x-ndjson"

# Whatever was asked: by nobody who is known, or may ask; something broke, or the server cannot
# answer now.
ALWAYS: Final = (401, 403, 500, 503)
# What is asked for is not there.
FOUND: Final = (404,)
# Something of the request is checked that is not its body.
QUERY: Final = (400,)
# A body is read.
BODY: Final = (400, 413, 415)
# A model is loaded, and waited for in a queue.
MODEL: Final = (404, 422, 429)
# It may have been asked too often.
WAIT: Final = (429,)
# Something is kept: it may be in use, and the disk full.
KEPT: Final = (404, 409, 507)


def failures(envelope: Any, *groups: tuple[int, ...]) -> Responses:
    """The errors of an operation, in the envelope of its API."""
    statuses = {status for group in (ALWAYS, *groups) for status in group}
    return {status: {"model": envelope} for status in sorted(statuses)}


def anthropic_failures(*groups: tuple[int, ...]) -> Responses:
    """The same, with the statuses that Anthropic's clients know."""
    found = failures(anthropic.Envelope, *groups)
    return {anthropic.status(int(status)): described for status, described in found.items()}


def answers(body: Any, failed: Responses, streamed: str | None = None) -> Responses:
    """The body of an operation that went well, or its stream in a media type, and its errors."""
    good: dict[str, Any] = {"model": body}
    if streamed is not None:
        good["content"] = {streamed: {"schema": {"type": "string"}}}
    return {200: good, **failed}


def query(model: type[BaseModel]) -> dict[str, Any]:
    """The description of a query, which is read with our own errors."""
    properties = model.model_json_schema()["properties"]
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in properties.items()
        ]
    }
