"""`jimae limits`: what people, groups and keys may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
import typer
from sqlalchemy.orm import Session

from jimae.cli.console import printable, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.error_texts.words import in_japanese
from jimae.errors import JimaeError
from jimae.service.limits import book, hours
from jimae.service.limits.naming import named
from jimae.service.limits.rules import EVERYBODY, NONE, RANGES, Count, Rules, Subject

UNLIMITED: Final = "none"
KINDS_JA: Final = {
    "everybody": "全員",
    "group": "グループ",
    "account": "アカウント",
    "key": "API キー",
}
COUNTS_JA: Final[dict[Count, str]] = {
    "tokens_per_day": "1 日のトークン数",
    "tokens_per_month": "1 か月のトークン数",
    "requests_per_minute": "60 秒間のリクエスト数",
    "answers_at_once": "同時の回答",
}

limits = typer.Typer(no_args_is_help=True)

SHOW_HELP = words(
    """Show the limits that are set: all, or those of one.

    Examples:

      jimae limits show

      jimae limits show --group 総務課
    """,
    """設定されている制限を表示します（すべて、または一つの対象）。

    例:

      jimae limits show

      jimae limits show --group 総務課
    """,
)
SET_HELP = words(
    """Set limits. They hold from the next request on, also while the server runs.

    Only what is given changes; `none` takes a limit away. What is set for everybody is each
    person's own, unless that person has another; a group is counted together; the strictest
    of all holds. Days, months and hours are those of the setting server.time_zone.

    Examples:

      jimae limits set --everybody --tokens-per-day 200000 --answers-at-once 3

      jimae limits set --group 総務課 --tokens-per-month 5000000 --hours "mon-fri 08:00-19:00"

      jimae limits set --person yamada --model qwen3-4b --requests-per-minute none

      jimae limits set --key jm-4fT0qX --clear
    """,
    """制限を設定します。サーバーの動作中でも、次のリクエストから有効です。

    指定した項目だけが変わり、`none` で解除できます。全員への設定は一人ひとりの上限になり、
    個人の設定があればそちらを使います。グループは合計で数えます。いちばん厳しいものが
    適用されます。日・月・時間は、設定 server.time_zone の時刻で数えます。

    例:

      jimae limits set --everybody --tokens-per-day 200000 --answers-at-once 3

      jimae limits set --group 総務課 --tokens-per-month 5000000 --hours "月-金 9:00-18:00"

      jimae limits set --person yamada --model qwen3-4b --requests-per-minute none

      jimae limits set --key jm-4fT0qX --clear
    """,
)
EVERYBODY_HELP = words("Each person who has no limit of their own.", "個別の設定がない一人ひとり。")
GROUP_HELP = words("A group, by its name or id.", "グループの名前または ID。")
OWNER_HELP = words("A person, by their name or id.", "個人の名前または ID。")
KEY_HELP = words("An API key, by its id or beginning.", "API キーの ID または先頭部分。")
NUMBER_HELP: Final[dict[Count, str]] = {
    "tokens_per_day": words(
        "Tokens of prompts and answers a day.", "1 日のトークン数（入力と回答の合計）。"
    ),
    "tokens_per_month": words("The same a month.", "1 か月のトークン数。"),
    "requests_per_minute": words("Requests in any 60 seconds.", "任意の 60 秒間のリクエスト数。"),
    "answers_at_once": words("Answers written at the same time.", "同時に作成できる回答の数。"),
}
MODEL_HELP = words(
    "A model that may be asked; may be repeated.", "使えるモデル。繰り返し指定できます。"
)
HOURS_HELP = words(
    "When it may be asked, as 'mon-fri 08:00-19:00'; may be repeated.",
    "使える時間。'平日 9時-18時'、'月-金 9:00-18:00'、'mon-fri 08:00-19:00' の形で、"
    "繰り返し指定できます。",
)
CLEAR_HELP = words("Take all limits away first.", "先にすべての制限を解除します。")
JSON_HELP = words("As JSON.", "JSON で出力。")

Group = Annotated[str | None, typer.Option(help=GROUP_HELP, show_default=False)]
Person = Annotated[str | None, typer.Option(help=OWNER_HELP, show_default=False)]
Key = Annotated[str | None, typer.Option(help=KEY_HELP, show_default=False)]


def _number(count: Count) -> Any:
    return typer.Option(help=NUMBER_HELP[count], metavar="N|none", show_default=False)


@limits.command("show", help=SHOW_HELP)
def show(
    everybody: Annotated[bool, typer.Option("--everybody", help=EVERYBODY_HELP)] = False,
    group: Group = None,
    person: Person = None,
    key: Key = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data_dir: DataDir = None,
) -> None:
    def read(session: Session) -> list[tuple[Subject, str, Rules]]:
        subject = _subject(session, everybody, group, person, key)
        if subject is not None:
            return [(subject, *book.get(session, subject))]
        return [(one, kept.name, kept.rules) for one, kept in sorted(book.kept(session).items())]

    _print(transact(settings_of(data_dir), read), as_json)


@limits.command("set", help=SET_HELP)
def set_limits(
    everybody: Annotated[bool, typer.Option("--everybody", help=EVERYBODY_HELP)] = False,
    group: Group = None,
    person: Person = None,
    key: Key = None,
    tokens_per_day: Annotated[str | None, _number("tokens_per_day")] = None,
    tokens_per_month: Annotated[str | None, _number("tokens_per_month")] = None,
    requests_per_minute: Annotated[str | None, _number("requests_per_minute")] = None,
    answers_at_once: Annotated[str | None, _number("answers_at_once")] = None,
    model: Annotated[
        list[str] | None, typer.Option(help=MODEL_HELP, metavar="ID|none", show_default=False)
    ] = None,
    hours_: Annotated[
        list[str] | None,
        typer.Option("--hours", help=HOURS_HELP, metavar="TEXT|none", show_default=False),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help=CLEAR_HELP)] = False,
    data_dir: DataDir = None,
) -> None:
    numbers: dict[Count, str | None] = {
        "tokens_per_day": tokens_per_day,
        "tokens_per_month": tokens_per_month,
        "requests_per_minute": requests_per_minute,
        "answers_at_once": answers_at_once,
    }
    changes: dict[str, Any] = {
        name: _limit(name, text) for name, text in numbers.items() if text is not None
    }
    if model:
        changes["models"] = None if model == [UNLIMITED] else tuple(model)
    if hours_:
        changes["hours"] = None if hours_ == [UNLIMITED] else tuple(map(hours.parse, hours_))

    def put(session: Session) -> list[tuple[Subject, str, Rules]]:
        subject = _subject(session, everybody, group, person, key)
        if subject is None:
            raise typer.BadParameter(
                words(
                    "say whose: --everybody, --group, --person or --key",
                    "対象を指定してください: --everybody、--group、--person、--key",
                )
            )
        before = NONE if clear else book.get(session, subject)[1]
        book.put(session, terminal(), subject, msgspec.structs.replace(before, **changes))
        return [(subject, *book.get(session, subject))]

    _print(transact(settings_of(data_dir), put), as_json=False)


def _subject(
    session: Session, everybody: bool, group: str | None, person: str | None, key: str | None
) -> Subject | None:
    """The one that was named; None for none."""
    if sum((everybody, group is not None, person is not None, key is not None)) > 1:
        raise typer.BadParameter(words("name one only", "対象は一つだけ指定してください"))
    if group is not None:
        return named(session, "group", group)
    if person is not None:
        return named(session, "account", person)
    if key is not None:
        return named(session, "key", key)
    return EVERYBODY if everybody else None


def _limit(count: Count, text: str) -> int | None:
    if text == UNLIMITED:
        return None
    least, most = RANGES[count]
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise JimaeError(
            "out_of_range", param=count, name=count, value=text[:60], limit=f"{least}-{most}"
        )
    return value


def _print(found: Sequence[tuple[Subject, str, Rules]], as_json: bool) -> None:
    if as_json:
        body = [
            {"subject": str(subject), "name": name, "limits": msgspec.to_builtins(rules)}
            for subject, name, rules in found
        ]
        typer.echo(msgspec.json.format(msgspec.json.encode(body)).decode())
        return
    if not found:
        stdout.print(words("Nothing is limited.", "制限は設定されていません。"))
    for subject, name, rules in found:
        kind = words(subject.kind, KINDS_JA[subject.kind])
        of = kind if subject == EVERYBODY else f"{kind} {printable(name)}"
        stdout.print(of, style="bold", markup=False)
        for what, told in _told(rules):
            stdout.print(f"  {what}: {told}", markup=False)


def _told(rules: Rules) -> list[tuple[str, str]]:
    found = [
        (words(count, COUNTS_JA[count]), f"{getattr(rules, count):,}")
        for count in RANGES
        if getattr(rules, count) is not None
    ]
    told: list[tuple[str, str]] = [*found]
    if rules.models is not None:
        told.append((words("models", "モデル"), ", ".join(map(printable, rules.models)) or "-"))
    if rules.hours is not None:
        when = ", ".join(window.told() for window in rules.hours) or "-"
        japanese = str(in_japanese("hours_closed", {"hours": when})["hours"])
        told.append((words("hours", "時間"), words(when, japanese)))
    return told or [(words("limits", "制限"), "-")]
