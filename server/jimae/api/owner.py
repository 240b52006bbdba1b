"""Whose a request is."""

from __future__ import annotations

from fastapi import Request

from jimae.service.chat import LOCAL


def owner_of(_: Request) -> str:
    """The id of the principal who owns what this request stores and may find again."""
    return LOCAL
