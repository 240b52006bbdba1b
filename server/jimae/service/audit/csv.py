"""The log as a table: a line for each record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from jimae.service.audit.canonical import canonical
from jimae.service.audit.search import Found

Body = Mapping[str, Any]


def _of(*path: str) -> Callable[[Body], object]:
    def value(body: Body) -> object:
        here: Any = body
        for name in path:
            here = here.get(name) if isinstance(here, Mapping) else None
        return here

    return value


# The columns that come from a record, in their order.
_FROM_BODY: Final[dict[str, Callable[[Body], object]]] = {
    "id": _of("id"),
    "time_utc": _of("at"),
    "time_jst": _of("at_jst"),
    "account_id": _of("account", "id"),
    "account": _of("account", "name"),
    "role": _of("account", "role"),
    "group_id": _of("group", "id"),
    "group": _of("group", "name"),
    "purpose": _of("group", "purpose"),
    "via": _of("via"),
    "address": _of("address"),
    "session": _of("session"),
    "key_id": _of("key", "id"),
    "key": _of("key", "name"),
    "act": _of("act"),
    "target": _of("target"),
    "outcome": _of("outcome"),
    "begin": _of("begin"),
    "model": _of("model", "id"),
    "gguf_sha256": _of("model", "gguf_sha256"),
    "template_sha256": _of("model", "template_sha256"),
    "parameters": _of("details", "parameters"),
    "attachments": _of("details", "attachments"),
    "findings": _of("details", "findings"),
    "prompt_tokens": _of("details", "usage", "prompt_tokens"),
    "completion_tokens": _of("details", "usage", "completion_tokens"),
    "cached_tokens": _of("details", "usage", "cached_tokens"),
    "waited_seconds": _of("details", "waited"),
    "total_seconds": _of("details", "total"),
    "finish_reasons": _of("details", "finish_reasons"),
    "error": _of("details", "error"),
    "details": _of("details"),
    "commitment": _of("commitment"),
}
HEADER: Final = ("seq", *_FROM_BODY, "content_state", "content", "digest", "previous", "hash")


def cells_of(found: Found, content: str | None) -> list[str]:
    """The cells of one record; `content` is what was written, if that is asked for."""
    entry = found.entry
    return [
        str(entry.seq),
        *(_text(read(found.body)) for read in _FROM_BODY.values()),
        found.content,
        content or "",
        entry.digest,
        entry.previous or "",
        entry.hash or "",
    ]


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return canonical(value)
