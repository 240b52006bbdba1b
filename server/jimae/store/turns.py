"""Taking turns, where each may change what the next one decides by."""

from __future__ import annotations

import zlib
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_CLASS: Final = 0x6A69  # So that no other lock of this server has these keys.
_WAIT: Final = text("SELECT pg_advisory_xact_lock(:class, :key)")


def take_turn(session: Session, what: str) -> None:
    """Wait until nobody else changes this, and keep the turn until the transaction ends.

    SQLite lets only one transaction write at a time anyway. Take it first of all, so that who
    waits holds nothing that the other one wants.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = zlib.crc32(what.encode()) >> 1  # four bytes with a sign
        session.execute(_WAIT, {"class": _CLASS, "key": key})
