"""What the commands of `jimae audit` share: their options, and the way to the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo

import typer

from jimae.cli import audit_texts as texts
from jimae.cli.database import opened
from jimae.service.audit.audit import Audit
from jimae.service.audit.search import Wanted
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


def with_log(settings: Settings, work: Callable[[Audit], Awaitable[T]]) -> T:
    """What is done with the log of a data directory, whether its server runs or not."""

    async def run() -> T:
        async with opened(settings) as store:
            log = Audit(settings, store)
            await log.open()
            return await work(log)

    return asyncio.run(run())


def wanted(settings: Settings, *given: str | None) -> Wanted:
    account, group, act, outcome, model, target, since, until, word = given
    return Wanted(
        account=account,
        group=group,
        act=act,
        outcome=outcome,
        model=model,
        target=target,
        since=time_of(settings, since),
        until=time_of(settings, until, ends=True),
        word=word,
    )


def time_of(settings: Settings, text: str | None, *, ends: bool = False) -> float | None:
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
