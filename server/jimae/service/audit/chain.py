"""The chain: what the hash of a record is of, and how records come to stand in it.

    digest(n) = SHA-256 of the canonical text of the record's body
    hash(n)   = SHA-256 of the canonical text of {v, seq: n, previous: hash(n-1), digest(n)}

The body is hashed by itself so that the chain can be followed past a record that was deleted,
or that an export leaves out: its digest stays, and tells nothing, since a body holds a salt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

from jimae.service.audit.canonical import sha256

VERSION: Final = 1
GENESIS: Final = "0" * 64
JST: Final = timezone(timedelta(hours=9), "JST")
MICRO: Final = 1_000_000

Body = Mapping[str, Any]


def link_hash(seq: int, previous: str, digest: str) -> str:
    # As `canonical` would write it, which takes most of the time of a check.
    return sha256(
        f'{{"digest":"{digest}","previous":"{previous}","seq":{seq},"v":{VERSION}}}',
    )


def in_utc(micros: int) -> str:
    """Microseconds since 1970 as `2026-11-23T01:02:03.000004Z`."""
    return _iso(micros, UTC).replace("+00:00", "Z")


def in_jst(micros: int) -> str:
    return _iso(micros, JST)


def seconds_of(utc: str) -> float:
    """Unix seconds of what `in_utc` wrote, as they were given to it divided by a million."""
    since = datetime.fromisoformat(utc) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since // timedelta(microseconds=1)) / MICRO


class Columns(NamedTuple):
    """The parts of a body that stand beside it in the table, to be searched by."""

    id: str
    owner: str
    created_at: float
    act: str
    outcome: str
    target: str | None
    name: str
    group_id: str | None
    model: str | None
    begin_id: str | None


def columns_of(body: Body) -> Columns:
    """Cut to what the columns hold; no database takes more, nor PostgreSQL a U+0000."""
    account, group, model = body["account"], body["group"], body["model"]
    return Columns(
        id=body["id"],
        owner=_cut(account["id"], 128),
        created_at=seconds_of(body["at"]),
        act=_cut(body["act"], 64),
        outcome=_cut(body["outcome"], 16),
        target=None if body["target"] is None else _cut(body["target"], 256),
        name=_cut(account["name"], 256),
        group_id=None if group is None else _cut(group["id"], 64),
        model=None if model is None else _cut(model["id"], 256),
        begin_id=body["begin"],
    )


def _iso(micros: int, zone: timezone) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return at.astimezone(zone).isoformat(timespec="microseconds")


def _cut(text: str, length: int) -> str:
    if text.isascii() and "\0" not in text:
        return text[:length]
    return text.replace("\0", "�").encode("utf-8", "backslashreplace").decode()[:length]
