"""Records and what a check found of them, as `jimae audit` prints them."""

from __future__ import annotations

from typing import Any

import msgspec
import typer

from jimae.cli.console import printable, stdout, words
from jimae.cli.language import language
from jimae.service.audit.proof import Report
from jimae.service.audit.search import Found


def record_told(found: Found) -> dict[str, Any]:
    entry = found.entry
    return {
        "seq": entry.seq,
        **found.body,
        "content": found.content,
        "digest": entry.digest,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def line_of(found: Found) -> str:
    body = found.body
    at = body["at_jst"][:19].replace("T", " ")
    group = "" if body["group"] is None else f" ({body['group']['name'] or body['group']['id']})"
    parts = [
        f"{found.entry.seq:>7}",
        at,
        f"{body['account']['name']}{group}",
        body["act"],
        body["outcome"],
        body["target"] or "",
    ]
    return "  ".join(printable(part.replace("\n", " ")) for part in parts).rstrip()


def print_json(value: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_report(report: Report) -> None:
    speaks = language()
    for one in report.breaks:
        stdout.print(printable(one.message(speaks)), markup=False, soft_wrap=True)
    counted = words(
        f"records {report.first} to {report.last}: {report.records} here, {report.removed} "
        f"deleted with certificates or told above, {report.left_out} left out; "
        f"{report.contents} contents, {report.sealed} of them encrypted with keys not here",
        f"記録 {report.first}〜{report.last}: あり {report.records}、削除 {report.removed}、"
        f"対象外 {report.left_out}。本文 {report.contents}（鍵がなく未検証 {report.sealed}）",
    )
    typer.echo(counted)
    signed = words(f"signed up to record {report.signed}", f"署名済み: 記録 {report.signed} まで")
    later = words(
        "; what came later is linked but not yet signed",
        "。それ以降は連鎖のみで、まだ署名されていません",
    )
    typer.echo(signed if report.signed >= report.last else signed + later)
    for key in report.keys:
        typer.echo(f"{words('key', '鍵')}: {key}")
    ok = words("The log is whole.", "ログは完全です。")
    broken = words("THE LOG IS BROKEN.", "ログは壊れています。")
    typer.echo(ok if report.ok else broken)
