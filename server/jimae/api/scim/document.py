"""What the OpenAPI document says of SCIM: its shapes are in its own `/Schemas`."""

from __future__ import annotations

from typing import Final

from jimae.api.document import ALWAYS, Described, Responses
from jimae.api.scim.errors import MEDIA_TYPE

OBJECT: Final[Described] = {"schema": {"type": "object"}}
RESOURCE: Final[Described] = {MEDIA_TYPE: OBJECT}
BODY: Final[Described] = {
    "required": True,
    "content": dict.fromkeys((MEDIA_TYPE, "application/json"), OBJECT),
}
SEARCH: Final[list[Described]] = [
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


def failures(*groups: tuple[int, ...]) -> Responses:
    """The errors of an operation."""
    statuses = {status for group in (ALWAYS, *groups) for status in group}
    return {status: {"content": RESOURCE} for status in sorted(statuses)}
