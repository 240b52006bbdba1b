"""What the OpenAPI document says of SCIM: its shapes are in its own `/Schemas`."""

from __future__ import annotations

from typing import Any, Final

from jimae.api.document import ALWAYS, Responses
from jimae.api.scim.errors import MEDIA_TYPE

_OBJECT: Final = {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "object"}} for kind in (MEDIA_TYPE, "application/json")
        },
    }
}
SEARCH: Final[dict[str, Any]] = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": {"type": kind}}
        for name, kind in (
            ("filter", "string"),
            ("startIndex", "integer"),
            ("count", "integer"),
            ("attributes", "string"),
            ("excludedAttributes", "string"),
            ("sortBy", "string"),
            ("sortOrder", "string"),
        )
    ]
}


def answers(*statuses: int, good: int = 200) -> Responses:
    """A resource, or nothing for 204, and the errors."""
    failed: Responses = {
        status: {"description": "Error", **_OBJECT} for status in (*ALWAYS, *statuses)
    }
    done: dict[str, Any] = {"description": "Done"}
    return {good: done if good == 204 else {**done, **_OBJECT}, **failed}
