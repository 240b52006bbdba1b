"""The arguments of a tool call, where an API wants them as an object instead of as text."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json


def whole_arguments(text: str) -> dict[str, Any] | None:
    """The object that a text is; None if it is none, as where an answer was cut short."""
    return _object(text, partial=False)


def partial_arguments(text: str) -> dict[str, Any]:
    """What there is of an object whose text may have been cut short: whole members only."""
    return _object(text, partial=True) or {}


def _object(text: str, *, partial: bool) -> dict[str, Any] | None:
    try:
        found = from_json(text, allow_partial=partial)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
