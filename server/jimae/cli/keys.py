"""`jimae keys`: what programs come in with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
import typer
from sqlalchemy import true
from sqlalchemy.orm import Session

from jimae.cli.console import printable, stderr, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.cli.tables import Column, show
from jimae.errors import JimaeError
from jimae.service import keys as service
from jimae.service.keys import MadeKey, NewKey, OwnedKey
from jimae.service.limits.naming import named
from jimae.store.account_tables import ApiKey

DAY: Final = 24 * 3600.0
PAGE: Final = 1000
STATES_JA: Final[dict[service.State, str]] = {
    "active": "有効",
    "expired": "期限切れ",
    "revoked": "取り消し",
}

keys = typer.Typer(no_args_is_help=True)

LIST_HELP = words(
    """List API keys, without their secrets.

    Examples:

      jimae keys list

      jimae keys list --person yamada --json
    """,
    """API キーの一覧です（キーそのものは表示しません）。

    例:

      jimae keys list

      jimae keys list --person yamada --json
    """,
)
ADD_HELP = words(
    """Make an API key for a person's programs. It is shown this once.

    The key may do what its owner may, or less:

      jimae keys add yamada minutes

      jimae keys add yamada minutes --area write --model qwen3-4b --days 90

    Programs send it as `Authorization: Bearer jm-…` or `x-api-key: jm-…`.
    """,
    """プログラム用の API キーを作ります。キーが表示されるのはこの一度だけです。

    キーでできるのは、持ち主にできることか、それより狭い範囲です。

      jimae keys add yamada 議事録

      jimae keys add yamada 議事録 --area write --model qwen3-4b --days 90

    プログラムは `Authorization: Bearer jm-…` か `x-api-key: jm-…` で送ります。
    """,
)
REVOKE_HELP = words(
    """Take an API key back, for good. It is refused from the next request on.

      jimae keys revoke jm-4fT0qX
    """,
    """API キーを取り消します（元に戻せません）。次のリクエストから拒否されます。

      jimae keys revoke jm-4fT0qX
    """,
)
PERSON_HELP = words("The name or id of its owner.", "持ち主の名前または ID。")
NAME_HELP = words("What the key is for.", "キーの用途。")
AREA_HELP = words(
    "What it may be used for; may be repeated. Default: all that its owner may.",
    "使える範囲。繰り返し指定できます。既定は持ち主と同じ。",
)
MODEL_HELP = words(
    "A model it may ask; may be repeated. Default: all that its owner may.",
    "使えるモデル。繰り返し指定できます。既定は持ち主と同じ。",
)
DAYS_HELP = words("Days until it expires. Default: never.", "有効な日数。既定は無期限。")
KEY_HELP = words("Its id, or its beginning as the list shows it.", "ID、または一覧にある先頭部分。")
JSON_HELP = words("As JSON.", "JSON で出力。")


@keys.command("list", help=LIST_HELP)
def list_keys(
    person: Annotated[str | None, typer.Option(help=PERSON_HELP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)

    def read(session: Session) -> list[OwnedKey]:
        account_id = None if person is None else named(session, "account", person).id
        found: list[OwnedKey] = []
        after, more = None, True
        while more:
            page, more = service.page(
                session, true(), account_id=account_id, after=after, limit=PAGE
            )
            found += page
            after = found[-1].row.id if found else None
        return found

    found = transact(settings, read)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode([_told(one) for one in found])).decode())
        return
    _show(found, ZoneInfo(settings.server.time_zone))


@keys.command("add", help=ADD_HELP)
def add(
    person: Annotated[str, typer.Argument(help=PERSON_HELP, show_default=False)],
    name: Annotated[str, typer.Argument(help=NAME_HELP, show_default=False)],
    area: Annotated[
        list[str] | None,
        typer.Option(help=AREA_HELP, metavar="|".join(service.AREAS), show_default=False),
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help=MODEL_HELP, show_default=False)] = None,
    days: Annotated[float | None, typer.Option(min=0, help=DAYS_HELP, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    expires_at = None if days is None else time.time() + days * DAY
    wanted = NewKey(name, tuple(map(_area, area or ())), tuple(model or ()), expires_at)

    def create(session: Session) -> MadeKey:
        return service.create(session, terminal(), named(session, "account", person).id, wanted)

    made = transact(settings_of(data_dir), create)
    # Standard output holds the key alone, for a file.
    stderr.print(words("Keep it: it is not shown again.", "このキーは二度と表示されません。"))
    typer.echo(made.secret)


@keys.command("revoke", help=REVOKE_HELP)
def revoke(
    key: Annotated[str, typer.Argument(help=KEY_HELP, show_default=False)], data_dir: DataDir = None
) -> None:
    def take_back(session: Session) -> OwnedKey:
        return service.revoke(session, terminal(), true(), named(session, "key", key).id)

    owned = transact(settings_of(data_dir), take_back)
    told = f"{owned.row.prefix}… ({printable(owned.row.name)}, {printable(owned.account)})"
    stdout.print(words("Revoked:", "取り消しました:"), told, markup=False)


def _area(text: str) -> str:
    if text not in service.AREAS:
        choices = ", ".join(service.AREAS)
        raise JimaeError(
            "invalid_choice", param="area", name="area", value=text[:60], choices=choices
        )
    return text


def _show(found: list[OwnedKey], zone: ZoneInfo) -> None:
    def day(at: float | None) -> str:
        return "-" if at is None else datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d")

    def cells(row: ApiKey, account: str) -> Sequence[str]:
        return (
            f"{row.prefix}…",
            account,
            row.name,
            words(state := service.state_of(row), STATES_JA[state]),
            day(row.expires_at),
            day(row.used_at),
            day(row.created_at),
            ", ".join(row.areas) or "*",
            ", ".join(row.models) or "*",
        )

    columns = (
        Column(words("Key", "キー"), whole=True),
        Column(words("Owner", "持ち主")),
        Column(words("For", "用途")),
        Column(words("State", "状態"), whole=True),
        Column(words("Expires", "期限"), whole=True),
        Column(words("Last used", "最終使用"), whole=True),
        Column(words("Made", "作成"), whole=True),
        Column(words("Areas", "範囲")),
        Column(words("Models", "モデル")),
    )
    show(columns, [cells(*one) for one in found])


def _told(owned: OwnedKey) -> dict[str, Any]:
    row = owned.row
    return {
        "id": row.id,
        "name": row.name,
        "prefix": row.prefix,
        "account": {"id": row.account_id, "name": owned.account},
        "areas": row.areas,
        "models": row.models,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "used_at": row.used_at,
        "revoked_at": row.revoked_at,
    }
