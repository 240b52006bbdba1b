"""How long the audit log keeps what it holds: periods, holds, deletion and its certificates."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from jimae.cli import audit_texts as texts
from jimae.cli.audit_options import PAGE, OfGroup, Person, Reason, Since, Until, time_of, with_log
from jimae.cli.audit_output import print_json
from jimae.cli.console import stderr, words
from jimae.cli.database import DataDir, settings_of, terminal
from jimae.service.audit.audit import Audit
from jimae.service.audit.deletion import Kind
from jimae.service.audit.search import Wanted
from jimae.service.audit.signing import Statement


def retention(
    metadata: Annotated[
        int | None,
        typer.Option(min=0, max=36500, help=texts.METADATA_DAYS, show_default=False),
    ] = None,
    content: Annotated[
        int | None,
        typer.Option(min=0, max=36500, help=texts.CONTENT_DAYS, show_default=False),
    ] = None,
    now: Annotated[bool, typer.Option("--now", help=texts.NOW)] = False,
    data_dir: DataDir = None,
) -> None:
    days: dict[Kind, int] = {}
    if metadata is not None:
        days["metadata"] = metadata
    if content is not None:
        days["content"] = content

    async def run(audit: Audit) -> dict[str, Any]:
        kept = await audit.set_retention(terminal(), days) if days else await audit.retention()
        told: dict[str, Any] = dict(kept._asdict())
        if now:
            told["certificates"] = await audit.sweep(terminal())
        return told

    print_json(with_log(settings_of(data_dir), run))


def hold(
    account: Person = None,
    group: OfGroup = None,
    since: Since = None,
    until: Until = None,
    reason: Reason = "",
    lift: Annotated[str | None, typer.Option(help=texts.LIFT, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    wants = [value for value in (account, group, since, until) if value is not None]
    if wants and not reason:
        raise typer.BadParameter(
            words("say why with --reason", "--reason で理由を指定してください")
        )

    async def run(audit: Audit) -> list[dict[str, Any]]:
        if lift is not None:
            await audit.lift_hold(terminal(), lift)
        elif reason:
            account_id, group_id = await audit.whom(account, group)
            await audit.lay_hold(
                terminal(),
                reason=reason,
                account_id=account_id,
                group_id=group_id,
                since=time_of(settings, since),
                until=time_of(settings, until, ends=True),
            )
        return [
            {
                "id": one.id,
                "reason": one.reason,
                "account": one.account_id,
                "group": one.group_id,
                "since": one.since,
                "until": one.until,
            }
            for one in await audit.holds()
        ]

    print_json(with_log(settings, run))


def delete(
    reason: Reason,
    account: Person = None,
    group: OfGroup = None,
    since: Since = None,
    until: Until = None,
    yes: Annotated[bool, typer.Option("--yes", help=texts.YES)] = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    if not any((account, group, since, until)):
        told = words("name --account, --group, --since or --until", "対象か期間を指定してください")
        raise typer.BadParameter(told)
    if not yes:
        question = words("Delete for good what was written?", "本文を完全に削除しますか?")
        typer.confirm(question, abort=True, err=True)

    async def run(audit: Audit) -> tuple[list[Statement], int]:
        account_id, group_id = await audit.whom(account, group)
        which = Wanted(
            account=account_id,
            group=group_id,
            since=time_of(settings, since),
            until=time_of(settings, until, ends=True),
        )
        return await audit.delete_content(terminal(), which, reason)

    made, held = with_log(settings, run)
    print_json(made)
    if held:
        told = words(f"{held} are under a hold and stay.", f"{held} 件は保全中のため残しました。")
        stderr.print(told)


def certificates(
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help=texts.LIMIT)] = 50,
    data_dir: DataDir = None,
) -> None:
    found, _ = with_log(settings_of(data_dir), lambda audit: audit.certificates(limit=limit))
    for one in found:
        typer.echo(msgspec.json.encode(one).decode())
