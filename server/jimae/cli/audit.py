"""`jimae audit`: searching, proving and exporting the audit log; the group of its commands."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from jimae.cli import audit_keeping
from jimae.cli import audit_texts as texts
from jimae.cli.audit_options import (
    PAGE,
    Act,
    AsJson,
    Model,
    OfGroup,
    Outcome,
    Person,
    Since,
    Target,
    Until,
    WordOption,
    wanted,
    with_log,
)
from jimae.cli.audit_output import line_of, print_json, print_report, record_told
from jimae.cli.console import stderr, words
from jimae.cli.database import DataDir, settings_of, terminal
from jimae.errors import JimaeError
from jimae.service.audit.audit import Audit
from jimae.service.audit.sealing import KEY, key_id, read_keys
from jimae.service.audit.search import Found
from jimae.service.audit.signing import Statement
from jimae.service.audit.verifying_export import verify_export

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
    which = wanted(settings, account, group, act, outcome, model, target, since, until, word)

    async def run(audit: Audit) -> list[Found]:
        found: list[Found] = []
        before, more = None, True
        while more and len(found) < limit:
            size = min(PAGE, limit - len(found))
            page, more = await audit.search(terminal(), which, limit=size, before=before)
            found += page
            before = found[-1].entry.seq if found else None
        return found

    found = with_log(settings, run)
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

    print_json(with_log(settings_of(data_dir), run))


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
    which = wanted(settings, account, group, act, outcome, model, target, since, until, word)

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

    with_log(settings, run)


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
        report = with_log(settings_of(data_dir), lambda audit: audit.verify(keys=key or None))
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

    public, latest = with_log(settings_of(data_dir), run)
    if as_json:
        print_json({"key": public, "checkpoint": latest})
        return
    typer.echo(f"{words('public key', '公開鍵')}: {public}")
    if latest is not None:
        typer.echo(f"{words('records', '記録数')}: {latest['seq']}")
        typer.echo(f"{words('signed', '署名日時')}: {latest['at_jst']}")
        typer.echo(f"{words('hash', 'ハッシュ')}: {latest['hash']}")


audit.command(help=texts.RETENTION)(audit_keeping.retention)
audit.command(help=texts.HOLD)(audit_keeping.hold)
audit.command(help=texts.DELETE)(audit_keeping.delete)
audit.command(help=texts.CERTIFICATES)(audit_keeping.certificates)


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
