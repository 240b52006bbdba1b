"""The log as a file: JSON lines that prove themselves, or a table.

JSON lines: a header with the place and the hash they begin at; a line for every place up to
the checkpoint that signs them, with the record if it was asked for and only its digest if not;
the checkpoint, the certificates of what was deleted, and a last line that counts them.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.audit import checkpoints, csv, reading, search
from jimae.service.audit.canonical import canonical
from jimae.service.audit.cells import MISSING, Encoder, Encoding
from jimae.service.audit.chain import GENESIS, VERSION, in_utc
from jimae.service.audit.finding import texts_in
from jimae.service.audit.proof import Entry
from jimae.service.audit.ranges import Covered
from jimae.service.audit.sealing import Vault
from jimae.service.audit.search import Found, Wanted
from jimae.service.audit.signing import Statement, is_signed
from jimae.store.audit_tables import AuditRecord
from jimae.store.store import Store

PAGE: Final = 500


class Stretch(NamedTuple):
    """The places of an export: those that may fulfil what is wanted, and on to `signed`."""

    first: int
    last: int
    signed: int
    previous: str
    checkpoint: Statement | None


async def json_lines(
    store: Store, which: Wanted, vault: Vault, key: str, *, with_content: bool
) -> AsyncIterator[bytes]:
    """What was recorded after the last checkpoint of the key is not in it: make one before."""
    stretch = await store.read(partial(_stretch, which, key))
    yield _line(
        {
            "type": "header",
            "v": VERSION,
            "made_at": in_utc(time.time_ns() // 1000),
            "wanted": {k: v for k, v in msgspec.to_builtins(which).items() if v is not None},
            "content": with_content,
            "first": stretch.first,
            "last": stretch.signed,
            "previous": stretch.previous,
        }
    )
    counts = {"record": 0, "left_out": 0, "removed": 0}
    removed: list[int] = []
    at = stretch.first - 1
    while at < stretch.signed:
        up_to = min(at + PAGE, stretch.signed)
        lines = await store.read(partial(_lines, which, vault, with_content, at, up_to))
        for line in lines:
            counts[line["type"]] += 1
            if line["type"] == "removed":
                removed.append(line["seq"])
        yield b"".join(map(_line, lines))
        at = up_to
    if stretch.checkpoint is not None:
        yield _line(stretch.checkpoint)
    for certificate in await store.read(reading.certificates):
        if is_signed(certificate):
            gone = Covered((first, last) for first, last in certificate["ranges"])
            if certificate["kind"] == "content" or any(seq in gone for seq in removed):
                yield _line(certificate)
    yield _line({"type": "end", "v": VERSION, **counts})


async def table(
    store: Store, which: Wanted, vault: Vault, *, with_content: bool, encoding: Encoding
) -> AsyncIterator[bytes]:
    """The last line tells how many characters the encoding did not have, if there were any."""
    encoder = Encoder(encoding)
    yield encoder.start + encoder.line(list(csv.HEADER))
    ends = await store.read(lambda session: search.ends(session, which))
    at, last = (0, 0) if ends is None else (ends[0] - 1, ends[1])
    while at < last:
        up_to = min(at + PAGE, last)
        rows = await store.read(partial(_rows, which, vault, with_content, at, up_to))
        yield b"".join(map(encoder.line, rows))
        at = up_to
    if encoder.lost:
        told = f"{encoder.lost} characters are not in {encoding} and stand here as {MISSING}"
        yield encoder.line([told])


def _stretch(which: Wanted, key: str, session: Session) -> Stretch:
    ends = search.ends(session, which)
    if ends is None:
        return Stretch(1, 0, 0, GENESIS, None)
    first, last = ends
    after = checkpoints.first_after(session, key, last)
    if after is None:
        # Only what is signed proves itself.
        after = checkpoints.latest(session, key)
    end = last if after is None else max(int(after["seq"]), first)
    previous = session.scalar(select(AuditRecord.previous).where(AuditRecord.seq == first))
    return Stretch(first, last, end, previous or GENESIS, after)


def _lines(
    which: Wanted, vault: Vault, with_content: bool, after: int, up_to: int, session: Session
) -> list[dict[str, Any]]:
    wished = search.matching_seqs(session, which, vault, after + 1, up_to)
    made: list[dict[str, Any]] = []
    for entry in reading.page(session, after, up_to, PAGE):
        place = {"seq": entry.seq, "digest": entry.digest}
        if entry.state == "removed":
            made.append({"type": "removed", **place})
        elif entry.seq not in wished:
            made.append({"type": "left_out", **place})
        else:
            made.append(_record(session, entry, vault, with_content))
    return made


def _record(session: Session, entry: Entry, vault: Vault, with_content: bool) -> dict[str, Any]:
    found = search.one(session, entry.seq)
    line = {
        "type": "record",
        "seq": entry.seq,
        "previous": entry.previous,
        "digest": entry.digest,
        "hash": entry.hash,
        "record": found.body,
    }
    if with_content and found.content in ("here", "encrypted"):
        try:
            salt, told = search.content_of(session, found, vault)
        except JimaeError as error:
            line["content_error"] = error.code
        else:
            line["content"] = {"salt": salt.hex(), "value": msgspec.json.decode(told)}
    return line


def _rows(
    which: Wanted, vault: Vault, with_content: bool, after: int, up_to: int, session: Session
) -> list[list[str]]:
    wished = search.matching_seqs(session, which, vault, after + 1, up_to)
    made = []
    for seq in sorted(wished):
        found = search.one(session, seq)
        made.append(csv.cells_of(found, _told(session, found, vault) if with_content else None))
    return made


def _told(session: Session, found: Found, vault: Vault) -> str:
    if found.content not in ("here", "encrypted"):
        return ""
    try:
        _, told = search.content_of(session, found, vault)
    except JimaeError as error:
        return f"({error.code})"
    return texts_in(msgspec.json.decode(told))


def _line(value: Any) -> bytes:
    return f"{canonical(value)}\n".encode()
