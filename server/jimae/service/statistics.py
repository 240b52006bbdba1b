"""What was used, by group, model, day or person: counted from the ledger, without content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from jimae.service.audit.record import note
from jimae.service.caller import LOCAL, Caller
from jimae.store.account_tables import Account, Group
from jimae.store.usage_tables import LedgerEntry

By = Literal["group", "model", "day", "person"]
Column = InstrumentedAttribute[str] | InstrumentedAttribute[str | None] | ColumnElement[str]

COLUMNS: Final[dict[By, Column]] = {
    "group": LedgerEntry.group_id,
    "model": LedgerEntry.model,
    "day": LedgerEntry.day,
    "person": LedgerEntry.owner,
}
LET_IN: Final = LedgerEntry.outcome != "refused"
PERCENTILES: Final = (50, 95)


class Span(NamedTuple):
    """From one day to another, both included, as `2026-11-23`."""

    since: str
    until: str


class Line(NamedTuple):
    """The use of one group, model, day or person; of all together where `id` is None.

    `requests` were let in: `stopped` and `failed` are among them, `refused` are not. Waiting
    (for a model, and in its queue) and whole answers are in seconds: their mean, and what half
    and 95 of 100 requests kept within (the nearest rank).
    """

    id: str | None
    name: str
    requests: int
    stopped: int
    failed: int
    refused: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    waited_mean: float
    waited_p50: float
    waited_p95: float
    seconds_mean: float


class Statistics(NamedTuple):
    lines: Sequence[Line]
    total: Line


def statistics(
    session: Session, by: By, span: Span, groups: Sequence[str] | None = None
) -> Statistics:
    """One line each, days in their order and others by their tokens, the most first.

    `groups` are those whose use is looked at; None: everybody's.
    """
    wanted = [_within(span)]
    if groups is not None:
        wanted.append(LedgerEntry.group_id.in_(groups))
    lines = _lines(session, by, wanted)
    if by != "day":
        lines.sort(key=lambda line: (-line.prompt_tokens - line.completion_tokens, line.id or ""))
    (total,) = _lines(session, None, wanted)
    return Statistics(lines, total)


def of_account(session: Session, account_id: str, span: Span) -> Sequence[Line]:
    """What one account used, day by day."""
    return _lines(session, "day", [_within(span), LedgerEntry.owner == account_id])


def record(session: Session, caller: Caller, by: By, span: Span, kind: str) -> None:
    """Note that somebody looked at what single people used, or took figures away."""
    act = "statistics.read" if kind == "json" else "statistics.export"
    note(session, caller, act, details={"by": by, "form": kind, **span._asdict()})


def _within(span: Span) -> ColumnElement[bool]:
    return LedgerEntry.day.between(span.since, span.until)


def _lines(session: Session, by: By | None, wanted: Sequence[ColumnElement[bool]]) -> list[Line]:
    """In the order of their ids; without `by` a single one, of everything."""
    column = literal("") if by is None else COLUMNS[by]
    sums = _sums(column).where(*wanted)
    if by is not None:
        sums = sums.group_by(column).order_by(column)
    rows = session.execute(sums).all()
    waits = _waits(session, column, wanted)
    names = _names(session, by, [row.key for row in rows])
    return [_line(row, names.get(row.key, row.key or ""), waits.get(row.key, {})) for row in rows]


def _sums(column: Column) -> Select[*tuple[Any, ...]]:
    entry = LedgerEntry

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return total(case((condition, 1), else_=0))

    def total(value: Any) -> ColumnElement[int]:
        return func.coalesce(func.sum(value), 0)

    def mean(value: Any) -> ColumnElement[float]:
        return func.coalesce(func.avg(case((LET_IN, value))), 0.0)

    return select(
        column.label("key"),
        count(LET_IN),
        count(entry.outcome == "stopped"),
        count(entry.outcome == "failed"),
        count(entry.outcome == "refused"),
        total(entry.prompt_tokens),
        total(entry.completion_tokens),
        total(entry.cached_tokens),
        mean(entry.waited).label("waited"),
        mean(entry.seconds).label("seconds"),
    )


def _waits(
    session: Session, column: Column, wanted: Sequence[ColumnElement[bool]]
) -> dict[str | None, dict[int, float]]:
    """Percentiles of the waiting, by key. SQLite has no function for them: rows are numbered by
    their waiting, and those at the ranks are taken."""
    entry = LedgerEntry
    number = func.row_number().over(partition_by=column, order_by=entry.waited)
    numbered = (
        select(
            column.label("key"),
            entry.waited,
            number.label("rank"),
            func.count().over(partition_by=column).label("count"),
        )
        .where(*wanted, LET_IN)
        .subquery()
    )
    found: dict[str | None, dict[int, float]] = {}
    for percent in PERCENTILES:
        rank = (numbered.c.count * percent + 99) // 100
        rows = select(numbered.c.key, numbered.c.waited).where(numbered.c.rank == rank)
        for key, waited in session.execute(rows):
            found.setdefault(key, {})[percent] = waited
    return found


def _line(row: Row[Any], name: str, waits: Mapping[int, float]) -> Line:
    figures = (
        *map(int, row[1:8]),
        float(row.waited),
        *(waits.get(percent, 0.0) for percent in PERCENTILES),
        float(row.seconds),
    )
    return Line._make((row.key or None, name, *figures))


def _names(session: Session, by: By | None, ids: Sequence[str | None]) -> dict[str | None, str]:
    """Names of groups and people as they are now; who is gone has none."""
    if by not in ("group", "person"):
        return {}
    table = Group if by == "group" else Account
    rows = session.execute(select(table.id, table.name).where(table.id.in_(ids)))
    return {LOCAL.id: LOCAL.name} | {row.id: row.name for row in rows}
