"""Checking the log in the database, against itself and against what was signed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from jimae.service.audit import checkpoints, reading
from jimae.service.audit.canonical import canonical
from jimae.service.audit.chain import GENESIS
from jimae.service.audit.proof import Proof, Report
from jimae.service.audit.sealing import Vault
from jimae.service.audit.signing import Statement
from jimae.store.store import Store

Progress = Callable[[int, int], None]
"""Called with how many places were checked, of how many."""


def _nobody(done: int, total: int) -> None:
    """Who does not want to know."""


async def verify(
    store: Store,
    data_dir: Path,
    vault: Vault,
    *,
    keys: Sequence[str] = (),
    progress: Progress = _nobody,
) -> Report:
    """Raises what the store raises, and OSError of the file of checkpoints."""
    outside = await asyncio.to_thread(checkpoints.in_file, checkpoints.file_of(data_dir))
    # Before the head: it is at least as far as any of them.
    inside = await store.read(checkpoints.stored)
    head = await store.read(reading.head_of)
    proof = Proof(checkpoints=_each_once([*outside, *inside]), keys=keys)
    up_to, last, chained = head.last, 0, GENESIS
    while last < up_to:
        step = await store.read(partial(_step, proof, vault, last, up_to))
        if step is None:
            break
        last, chained = step
        progress(last, up_to)
    if (head.seq, head.hash) != (last, chained):
        first, second = sorted((max(head.seq, 0), last))
        proof.breaks.add("head", min(first + 1, second), second)
    # After everything: what was deleted meanwhile has its certificate by now.
    return proof.end(await store.read(reading.certificates))


def _step(
    proof: Proof, vault: Vault, after: int, up_to: int, session: Session
) -> tuple[int, str] | None:
    entries = reading.page(session, after, up_to)
    if not entries:
        return None
    contents = reading.contents(session, [entries[0].seq, entries[-1].seq])
    for entry in entries:
        body = proof.add(entry)
        if body is None or body["commitment"] is None:
            continue
        content = contents.get(entry.seq)
        if content is None:
            proof.content_gone(entry.seq)
        else:
            right = reading.is_what_was_recorded(vault, content, body)
            proof.content(entry.seq, right=right)
    return entries[-1].seq, entries[-1].hash or ""


def _each_once(statements: Sequence[Statement]) -> list[Statement]:
    return list({canonical(one): one for one in statements}.values())
