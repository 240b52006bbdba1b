"""`jimae usage`: what was used."""

from __future__ import annotations

import sys
from datetime import date
from typing import Annotated, Final

import msgspec
import typer
from sqlalchemy.orm import Session

from jimae.cli.console import words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.cli.tables import Column, show
from jimae.errors import JimaeError
from jimae.service import statistics
from jimae.service.limits.days import Days
from jimae.service.statistics import By, Line, Span, Statistics
from jimae.service.statistics_csv import Encoding, csv_of

BY_JA: Final[dict[By, str]] = {
    "day": "日",
    "group": "グループ",
    "person": "個人",
    "model": "モデル",
}

USAGE_HELP = words(
    """What was used: requests, tokens, waiting and refusals, without content.

    Examples:

      jimae usage

      jimae usage --by group --since 2026-11-01 --until 2026-11-30

      jimae usage --by person --csv --encoding cp932 > usage.csv
    """,
    """使用状況（リクエスト数、トークン、待ち時間、拒否）を表示します。内容は含みません。

    例:

      jimae usage

      jimae usage --by group --since 2026-11-01 --until 2026-11-30

      jimae usage --by person --csv --encoding cp932 > usage.csv
    """,
)
BY_HELP = words("One line for each of these.", "集計の単位。")
SINCE_HELP = words(
    "First day, as 2026-11-01. Default: the first of this month.",
    "最初の日（例 2026-11-01）。既定は今月 1 日。",
)
UNTIL_HELP = words("Last day. Default: today.", "最後の日。既定は今日。")
CSV_HELP = words("As CSV on standard output.", "CSV を標準出力へ。")
ENCODING_HELP = words("Of the CSV.", "CSV の文字コード。")
JSON_HELP = words("As JSON.", "JSON で出力。")


def usage(
    by: Annotated[By, typer.Option(help=BY_HELP)] = "day",
    since: Annotated[str | None, typer.Option(help=SINCE_HELP, show_default=False)] = None,
    until: Annotated[str | None, typer.Option(help=UNTIL_HELP, show_default=False)] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help=CSV_HELP)] = False,
    encoding: Annotated[Encoding, typer.Option(help=ENCODING_HELP)] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    today = Days(settings.server.time_zone).today()
    span = Span(_day(since or f"{today[:7]}-01"), _day(until or today))
    form = "csv" if as_csv else "json" if as_json else "table"

    def count(session: Session) -> Statistics:
        statistics.record(session, terminal(), by, span, form)
        return statistics.statistics(session, by, span)

    found = transact(settings, count)
    if as_csv:
        sys.stdout.buffer.write(csv_of(found.lines, encoding))
        return
    if as_json:
        lines = [line._asdict() for line in found.lines]
        body = {"by": by, **span._asdict(), "data": lines, "total": found.total._asdict()}
        typer.echo(msgspec.json.format(msgspec.json.encode(body)).decode())
        return
    _figures(by, span, found)


usage.__doc__ = USAGE_HELP


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise JimaeError("invalid_value", name="day", value=text, reason=str(error)) from None


def _figures(by: By, span: Span, found: Statistics) -> None:
    columns = [Column(words(by, BY_JA[by]))]
    for en, ja in (
        ("Requests", "リクエスト"),
        ("Refused", "拒否"),
        ("Failed", "失敗"),
        ("Tokens in", "入力トークン"),
        ("Tokens out", "回答トークン"),
        ("Waited (mean)", "待ち 平均"),
        ("(95 of 100)", "95%"),
    ):
        columns.append(Column(words(en, ja), right=True))
    rows = [(line.name or "-", *_cells(line)) for line in found.lines]
    rows.append((words("total", "合計"), *_cells(found.total)))
    show(columns, rows, title=f"{span.since} – {span.until}", total=True)


def _cells(line: Line) -> tuple[str, ...]:
    return (
        f"{line.requests:,}",
        f"{line.refused:,}",
        f"{line.failed:,}",
        f"{line.prompt_tokens:,}",
        f"{line.completion_tokens:,}",
        f"{line.waited_mean:.1f} s",
        f"{line.waited_p95:.1f} s",
    )
