"""What each step of a batch changes in its row: functions of a session, for one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from jimae.errors import JimaeError
from jimae.service.batch_lines import Judgement
from jimae.service.batch_log import Progress
from jimae.service.files import UNFINISHED
from jimae.store.file_tables import Batch, File

Ending = Literal["completed", "expired", "cancelled"]

ENDED: Final = ("completed", "failed", "expired", "cancelled")


def find(session: Session, owner: str, batch_id: str, param: str | None = None) -> Batch:
    """Raises `batch_not_found`, naming `param`."""
    batch = session.scalar(select(Batch).where(Batch.id == batch_id, Batch.owner == owner))
    if batch is None:
        raise JimaeError("batch_not_found", param=param, id=batch_id[:100])
    return batch


def unfinished(session: Session) -> Sequence[str]:
    """Of every owner, the oldest first."""
    return session.scalars(
        select(Batch.id).where(Batch.status.in_(UNFINISHED)).order_by(Batch.created_at)
    ).all()


def cancel(session: Session, owner: str, batch_id: str) -> Batch:
    """Raises `batch_not_found`, `batch_ended`."""
    batch = find(session, owner, batch_id)
    if batch.status in ENDED:
        raise JimaeError("batch_ended", id=batch.id, status=batch.status)
    if batch.status != "cancelling":
        _reach(batch, "cancelling")
    return batch


def judged(batch: Batch, found: Judgement) -> None:
    batch.total, batch.model = found.total, found.model
    if found.problems:
        batch.errors = found.problems
        _reach(batch, "failed")
    elif batch.status == "validating":
        _reach(batch, "in_progress")


def finalizing(batch: Batch) -> None:
    if batch.status == "in_progress":
        _reach(batch, "finalizing")


def count(batch: Batch, progress: Progress) -> None:
    batch.completed, batch.failed = progress.completed, progress.failed
    batch.usage = dict(progress.usage)


def finish(
    session: Session,
    batch: Batch,
    ending: Ending,
    progress: Progress,
    output: File | None,
    errors: File | None,
) -> None:
    """Also give the owner what was written. A batch that is being cancelled ends as that."""
    count(batch, progress)
    session.add_all(file for file in (output, errors) if file is not None)
    batch.output_file_id = output.id if output else None
    batch.error_file_id = errors.id if errors else None
    _reach(batch, "cancelled" if batch.status == "cancelling" else ending)


def _reach(batch: Batch, status: str) -> None:
    batch.status = status
    batch.reached = {**batch.reached, status: time.time()}
