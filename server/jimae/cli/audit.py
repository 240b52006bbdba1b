"""`jimae audit`: searching, proving, exporting and keeping the audit log."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec
import typer

from jimae.cli import audit_texts as texts
from jimae.cli.audit_output import line_of, print_json, print_report, record_told
from jimae.cli.console import stderr, words
from jimae.cli.database import DataDir, opened, settings_of, terminal
from jimae.errors import JimaeError
from jimae.service.audit.audit import Audit
from jimae.service.audit.deletion import Kind
from jimae.service.audit.sealing import KEY, key_id, read_keys
from jimae.service.audit.search import Found, Wanted
from jimae.service.audit.signing import Statement
from jimae.service.audit.verifying_export import verify_export
from jimae.settings import Settings

T = TypeVar("T")

PAGE: Final = 500

Person = Annotated[str | None, typer.Option("--account", help=texts.ACCOUNT, show_default=False)]
OfGroup = Annotated[str | None, typer.Option("--group", help=texts.GROUP, show_default=False)]
Act = Annotated[str | None, typer.Option(help=texts.ACT, show_default=False)]
Outcome = Annotated[str | None, typer.Option(help=texts.OUTCOME, show_default=False)]
Model = Annotated[str | None, typer.Option(help=texts.MODEL, show_default=False)]
Target = Annotated[str | None, typer.Option(help=texts.TARGET, show_default=False)]
Since = Annotated[str | None, typer.Option(help=texts.SINCE, show_default=False)]
Until = Annotated[str | None, typer.Option(help=texts.UNTIL, show_default=False)]
WordOption = Annotated[str | None, typer.Option("--word", help=texts.WORD, show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=texts.JSON)]
Reason = Annotated[str, typer.Option(help=texts.REASON, show_default=False)]

audit = typer.Typer(no_args_is_help=True)


@audit.command(help=texts.SEARCH)
def search(
    account: Person = None,
    group: OfGroup = None,
    act: Act = None,
    outcome: Outcome = None,
    model: Model = None,
    target: Target = None,
    since: Since = None,
    until: Until = None,
    word: WordOption = None,
    limit: Annotated[int, typer.Option(min=1, help=texts.LIMIT)] = 50,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    which = _wanted(settings, account, group, act, outcome, model, target, since, until, word)

    async def run(audit: Audit) -> list[Found]:
        found: list[Found] = []
        before, more = None, True
        while more and len(found) < limit:
            size = min(PAGE, limit - len(found))
            page, more = await audit.search(terminal(), which, limit=size, before=before)
            found += page
            before = found[-1].entry.seq if found else None
        return found

    found = _with(settings, run)
    if as_json:
        print_json([record_told(one) for one in found])
        return
    for one in found:
        typer.echo(line_of(one))
    if not found:
        stderr.print(words("No record fits.", "条件に合う記録はありません。"))


@audit.command(help=texts.SHOW)
def show(
    seq: Annotated[int, typer.Argument(min=1, help=texts.SEQ, show_default=False)],
    content: Annotated[bool, typer.Option("--content", help=texts.CONTENT)] = False,
    data_dir: DataDir = None,
) -> None:
    async def run(audit: Audit) -> dict[str, Any]:
        told = record_told(await audit.record(seq))
        if content:
            told["written"] = await audit.content(terminal(), seq)
        return told

    print_json(_with(settings_of(data_dir), run))


@audit.command(help=texts.EXPORT)
def export(
    file: Annotated[str, typer.Argument(help=texts.FILE)] = "-",
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help=texts.FORMAT)] = "jsonl",
    encoding: Annotated[Literal["utf-8", "cp932"], typer.Option(help=texts.ENCODING)] = "utf-8",
    content: Annotated[bool, typer.Option("--content", help=texts.CONTENT)] = False,
    account: Person = None,
    group: OfGroup = None,
    act: Act = None,
    outcome: Outcome = None,
    model: Model = None,
    target: Target = None,
    since: Since = None,
    until: Until = None,
    word: WordOption = None,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    which = _wanted(settings, account, group, act, outcome, model, target, since, until, word)

    async def run(audit: Audit) -> None:
        pieces = await audit.export(
            terminal(), which, form=form, encoding=encoding, with_content=content
        )
        if file == "-":
            async for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        descriptor = os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            async for piece in pieces:
                out.write(piece)

    _with(settings, run)


@audit.command(help=texts.VERIFY)
def verify(
    exported: Annotated[
        Path | None,
        typer.Argument(
            metavar="[EXPORT]", help=texts.EXPORTED, exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    key: Annotated[list[str] | None, typer.Option(help=texts.KEY, show_default=False)] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    if exported is not None:
        report = verify_export(_Lines(exported), key or ())
    else:
        report = _with(settings_of(data_dir), lambda audit: audit.verify(keys=key or None))
    if as_json:
        told = msgspec.to_builtins(report)
        told["ok"] = report.ok
        print_json(told)
    else:
        print_report(report)
    if not report.ok:
        raise typer.Exit(1)


@audit.command(help=texts.CHECKPOINT)
def checkpoint(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    async def run(audit: Audit) -> tuple[str, Statement | None]:
        await audit.checkpoint()
        return audit.signer.public, await audit.latest()

    public, latest = _with(settings_of(data_dir), run)
    if as_json:
        print_json({"key": public, "checkpoint": latest})
        return
    typer.echo(f"{words('public key', '公開鍵')}: {public}")
    if latest is not None:
        typer.echo(f"{words('records', '記録数')}: {latest['seq']}")
        typer.echo(f"{words('signed', '署名日時')}: {latest['at_jst']}")
        typer.echo(f"{words('hash', 'ハッシュ')}: {latest['hash']}")


@audit.command(help=texts.RETENTION)
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

    print_json(_with(settings_of(data_dir), run))


@audit.command(help=texts.HOLD)
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
                since=_time(settings, since),
                until=_time(settings, until, ends=True),
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

    print_json(_with(settings, run))


@audit.command(help=texts.DELETE)
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
            since=_time(settings, since),
            until=_time(settings, until, ends=True),
        )
        return await audit.delete_content(terminal(), which, reason)

    made, held = _with(settings, run)
    print_json(made)
    if held:
        told = words(f"{held} are under a hold and stay.", f"{held} 件は保全中のため残しました。")
        stderr.print(told)


@audit.command(help=texts.CERTIFICATES)
def certificates(
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help=texts.LIMIT)] = 50,
    data_dir: DataDir = None,
) -> None:
    found, _ = _with(settings_of(data_dir), lambda audit: audit.certificates(limit=limit))
    for one in found:
        typer.echo(msgspec.json.encode(one).decode())


@audit.command("encryption-key", help=texts.ENCRYPTION_KEY)
def encryption_key(
    file: Annotated[Path, typer.Argument(help=texts.KEYS, show_default=False)],
) -> None:
    if file.exists():
        read_keys(file)
    made = secrets.token_bytes(KEY)
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(f"{base64.b64encode(made).decode()}\n")
    except OSError as error:
        raise JimaeError("audit_key_file", path=str(file), reason=str(error)) from None
    typer.echo(words(f"added key {key_id(made)}", f"鍵 {key_id(made)} を追加しました"))


class _Lines:
    """The lines of a file, as often as they are asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[str]:
        with self._path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            yield from lines


def _with(settings: Settings, work: Callable[[Audit], Awaitable[T]]) -> T:
    """What is done with the log of a data directory, whether its server runs or not."""

    async def run() -> T:
        async with opened(settings) as store:
            log = Audit(settings, store)
            await log.open()
            return await work(log)

    return asyncio.run(run())


def _wanted(settings: Settings, *given: str | None) -> Wanted:
    account, group, act, outcome, model, target, since, until, word = given
    return Wanted(
        account=account,
        group=group,
        act=act,
        outcome=outcome,
        model=model,
        target=target,
        since=_time(settings, since),
        until=_time(settings, until, ends=True),
        word=word,
    )


def _time(settings: Settings, text: str | None, *, ends: bool = False) -> float | None:
    """Unix seconds of a day or a time where the server is; the end of a day if that `ends`."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if ends and len(text) <= len("2026-11-23"):
        at += timedelta(days=1)
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(settings.server.time_zone))
    return at.timestamp()
