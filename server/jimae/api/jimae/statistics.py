"""Figures of what was used, for administrators and for managers of groups; as JSON or CSV."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, cast

import msgspec
from fastapi import Request
from pydantic import StringConstraints
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from jimae.api.caller import caller_of
from jimae.api.explain import fitted
from jimae.api.openai.files.schema import Texts
from jimae.errors import JimaeError
from jimae.service import statistics
from jimae.service.service import Service
from jimae.service.statistics import By, Line, Span, Statistics
from jimae.service.statistics_csv import Encoding, csv_of

Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class StatisticsQuery(Texts):
    """Days are `2026-11-23`, both included; unset: from the first of this month to today."""

    by: By = "day"
    since: Day | None = None
    until: Day | None = None
    format: Literal["json", "csv"] = "json"
    encoding: Encoding = "utf-8"


class LineBody(TypedDict):
    """`requests` were let in, stopped and failed ones among them; `refused` were not. Seconds."""

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


class StatisticsBody(TypedDict):
    by: By
    since: str
    until: str
    data: list[LineBody]
    has_more: bool
    total: LineBody


class StatisticsRoutes:
    """The handler, over one service."""

    def __init__(self, service: Service) -> None:
        self._store = service.store
        self._days = service.limits.days

    async def get(self, request: Request) -> Response:
        """What was used by each group, model, day or person."""
        caller = caller_of(request)
        query = fitted(dict(request.query_params), StatisticsQuery)
        if query.by == "person" and caller.role != "admin":
            raise JimaeError("not_permitted", needed="admin")
        span = _span(query, self._days.today())
        groups = None if caller.role == "admin" else caller.manages

        noted = query.by == "person" or query.format != "json"

        def count(session: Session) -> Statistics:
            if noted:
                statistics.record(session, caller, query.by, span, query.format)
            return statistics.statistics(session, query.by, span, groups)

        found = await (self._store.write(count) if noted else self._store.read(count))
        if query.format == "csv":
            return _csv(csv_of(found.lines, query.encoding), query.by, span, query.encoding)
        body: StatisticsBody = {
            "by": query.by,
            "since": span.since,
            "until": span.until,
            "data": [line_body(line) for line in found.lines],
            "has_more": False,
            "total": line_body(found.total),
        }
        return Response(
            msgspec.json.encode(body),
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )


def line_body(line: Line) -> LineBody:
    return cast(LineBody, line._asdict())


def _span(query: StatisticsQuery, today: str) -> Span:
    since, until = query.since or f"{today[:7]}-01", query.until or today
    for name, value in (("since", since), ("until", until)):
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise JimaeError(
                "invalid_value", param=name, name=name, value=value, reason=str(error)
            ) from None
    return Span(since, until)


def _csv(content: bytes, by: By, span: Span, encoding: Encoding) -> Response:
    name = f"jimae-{by}-{span.since}-{span.until}.csv"
    charset = "utf-8" if encoding == "utf-8" else "Shift_JIS"
    return Response(
        content,
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Type": f"text/csv; charset={charset}",
        },
    )
