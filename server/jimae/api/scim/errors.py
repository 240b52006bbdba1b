"""Errors as SCIM has them (RFC 7644, section 3.12)."""

from __future__ import annotations

from typing import Final, NotRequired

from typing_extensions import TypedDict

from jimae.errors import JimaeError, Language

PREFIX: Final = "/scim/v2"
MEDIA_TYPE: Final = "application/scim+json"
SCHEMA: Final = "urn:ietf:params:scim:api:messages:2.0:Error"
# What our codes are called there, as far as SCIM has a word for it.
TYPES: Final = {
    "invalid_json": "invalidSyntax",
    "body_not_object": "invalidSyntax",
    "name_taken": "uniqueness",
}


class Envelope(TypedDict):
    schemas: list[str]
    status: str
    detail: str
    scimType: NotRequired[str]


def envelope(error: JimaeError, language: Language, status: int) -> Envelope:
    """One of our errors."""
    body: Envelope = {
        "schemas": [SCHEMA],
        "status": str(status),
        "detail": error.message(language),
    }
    if (kind := TYPES.get(error.code)) is not None:
        body["scimType"] = kind
    return body
