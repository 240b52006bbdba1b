"""`jimae policy`: the text of use, and what may be sent to a model."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
import typer
from sqlalchemy.orm import Session

from jimae.cli import policy_texts as told
from jimae.cli.console import printable, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.cli.language import language
from jimae.errors import JimaeError
from jimae.service.limits.naming import named
from jimae.service.personal_data.found import CONFIDENCES, KINDS, Confidence, Kind
from jimae.service.policy import book, changes, looking, texts
from jimae.service.policy.book import Book
from jimae.service.policy.rules import ACTIONS, DEFAULTS, Action, Treatment
from jimae.service.policy.template import template as offered
from jimae.service.policy.words import WordAction, prohibited
from jimae.store.account_tables import Group
from jimae.store.policy_tables import EVERYBODY, PolicyText

T = TypeVar("T", bound=str)

ALL: Final = 1_000_000

policy = typer.Typer(no_args_is_help=True)

GroupName = Annotated[str | None, typer.Option("--group", help=told.GROUP, show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=told.JSON)]
Lang = Annotated[str | None, typer.Option("--lang", help=told.LANG, show_default=False)]


@policy.command("show", help=told.SHOW)
def show(
    version: Annotated[
        int | None, typer.Option("--version", help=told.VERSION, show_default=False)
    ] = None,
    lang: Lang = None,
    data_dir: DataDir = None,
) -> None:
    def find(session: Session) -> PolicyText | None:
        return texts.current(session) if version is None else texts.version(session, version)

    text = transact(settings_of(data_dir), find)
    if text is None:
        stdout.print(
            words(
                "No text of use is in force. See jimae policy template and publish.",
                "利用規程は公開されていません。jimae policy template と publish をご覧ください。",
            )
        )
        return
    when = datetime.fromtimestamp(text.created_at).astimezone().isoformat(" ", "minutes")
    stdout.print(words(f"Version {text.version}, {when}", f"第 {text.version} 版　{when}"))
    stdout.print(printable(text.ja if language(lang) == "ja" else text.en), markup=False)


@policy.command("publish", help=told.PUBLISH)
def publish(
    ja: Annotated[Path, typer.Option("--ja", help=told.JA, exists=True, dir_okay=False)],
    en: Annotated[Path, typer.Option("--en", help=told.EN, exists=True, dir_okay=False)],
    data_dir: DataDir = None,
) -> None:
    both = _read(str(ja)), _read(str(en))
    for path, written in zip((ja, en), both, strict=True):
        if not written.strip():
            raise typer.BadParameter(words(f"{path} is empty", f"{path} は空です"))
    text = transact(
        settings_of(data_dir),
        lambda session: texts.publish(session, terminal(), ja=both[0], en=both[1]),
    )
    stdout.print(
        words(
            f"Version {text.version} is in force. Everybody is asked to accept it.",
            f"第 {text.version} 版を公開しました。全員に同意を求めます。",
        )
    )


@policy.command("accepted", help=told.ACCEPTED)
def accepted(
    version: Annotated[
        int | None, typer.Option("--version", help=told.VERSION, show_default=False)
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    def find(session: Session) -> Sequence[changes.Acceptance]:
        number = book.current_version(session) if version is None else version
        if number:
            texts.version(session, number)
        return changes.accepted(session, terminal(), number, after=None, limit=ALL)[0]

    people = transact(settings_of(data_dir), find)
    if as_json:
        _print_json([one._asdict() for one in people])
        return
    for one in people:
        when = (
            words("not accepted", "未同意")
            if one.accepted_at is None
            else datetime.fromtimestamp(one.accepted_at).astimezone().isoformat(" ", "minutes")
        )
        stdout.print(f"{printable(one.name)}\t{when}", markup=False)


@policy.command("rules", help=told.RULES)
def rules(
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help=told.SET, metavar="KIND=ACTION", show_default=False),
    ] = None,
    confidence: Annotated[str, typer.Option("--confidence", help=told.CONFIDENCE)] = "medium",
    group: GroupName = None,
    untrusted: Annotated[bool, typer.Option("--untrusted", help=told.UNTRUSTED)] = False,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help=told.REMOVE, show_default=False)
    ] = None,
    trust: Annotated[
        list[str] | None, typer.Option("--trust", help=told.TRUST, show_default=False)
    ] = None,
    distrust: Annotated[
        list[str] | None, typer.Option("--distrust", help=told.DISTRUST, show_default=False)
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    least: Confidence = _one_of("--confidence", confidence, CONFIDENCES)
    wanted = [_setting(text, least) for text in sets or ()]

    def change(session: Session) -> tuple[Book, dict[str, str]]:
        here = None if group is None else named(session, "group", group).id
        for kind, treatment in wanted:
            changes.set_rule(
                session,
                terminal(),
                group=here,
                kind=kind,
                models="untrusted" if untrusted else "any",
                treatment=treatment,
            )
        for rule_id in remove or ():
            changes.delete_rule(session, terminal(), rule_id)
        if trust or distrust:
            kept = book.read(session).trusted
            changes.trust(session, terminal(), kept.union(trust or ()).difference(distrust or ()))
        session.flush()
        return book.read(session), _groups(session)

    now, names = transact(settings_of(data_dir), change)
    if as_json:
        _print_json(
            {
                "rules": [
                    {**one._asdict(), "treatment": one.treatment._asdict()} for one in now.rules
                ],
                "trusted": sorted(now.trusted),
            }
        )
        return
    for rule in now.rules:
        models = "" if rule.models == "any" else words(" (untrusted models)", "（未承認のモデル）")
        stdout.print(
            f"{_whose(rule.owner, names)}: {rule.kind} → {rule.treatment.action}"
            f" ({rule.treatment.confidence}){models}  {rule.id}",
            markup=False,
            soft_wrap=True,
        )
    ruled = {rule.kind for rule in now.rules if rule.owner == EVERYBODY and rule.models == "any"}
    for kind, default in DEFAULTS.items():
        if kind not in ruled:
            note = words("default", "既定")
            stdout.print(f"{note}: {kind} → {default.action} ({default.confidence})", markup=False)
    if now.trusted:
        listed = ", ".join(map(printable, sorted(now.trusted)))
        stdout.print(words(f"Trusted models: {listed}", f"承認済みモデル: {listed}"), markup=False)


@policy.command("words", help=told.WORDS)
def words_(
    add: Annotated[
        list[str] | None, typer.Option("--add", help=told.ADD, show_default=False)
    ] = None,
    warn: Annotated[bool, typer.Option("--warn", help=told.WARN)] = False,
    group: GroupName = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help=told.REMOVE, show_default=False)
    ] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    def change(session: Session) -> tuple[Book, dict[str, str]]:
        here = None if group is None else named(session, "group", group).id
        action: WordAction = "warn" if warn else "refuse"
        for word in add or ():
            changes.add_word(session, terminal(), group=here, word=word, action=action)
        for word_id in remove or ():
            changes.delete_word(session, terminal(), word_id)
        session.flush()
        return book.read(session), _groups(session)

    now, names = transact(settings_of(data_dir), change)
    if as_json:
        _print_json([word._asdict() for word in now.words])
        return
    for word in now.words:
        stdout.print(
            f"{_whose(word.owner, names)}: {printable(word.word)} → {word.action}  {word.id}",
            markup=False,
            soft_wrap=True,
        )


@policy.command("check", help=told.CHECK)
def check(
    file: Annotated[str, typer.Argument(help=told.FILE, metavar="FILE")],
    group: GroupName = None,
    model: Annotated[str, typer.Option("--model", help=told.MODEL)] = "",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    text = _read(file)

    def read(session: Session) -> tuple[Book, list[str]]:
        groups = [] if group is None else [named(session, "group", group).id]
        return book.read(session), groups

    now, groups = transact(settings_of(data_dir), read)
    found = looking.seen(text, now.treatments(groups, model))
    words_found = prohibited(text, now.words_for(groups))
    if as_json:
        _print_json(
            {
                "findings": [{**one.found._asdict(), "action": one.action} for one in found],
                "words": [{"word": one.word, "action": one.action} for one in words_found],
            }
        )
        return
    for one in found:
        line = text.count("\n", 0, one.found.start) + 1
        column = one.found.start - text.rfind("\n", 0, one.found.start)
        stdout.print(
            f"{line}:{column}  {one.found.kind} ({one.found.confidence}) → {one.action}",
            markup=False,
        )
    for word in words_found:
        stdout.print(f"{printable(word.word)} → {word.action}", markup=False)
    if not found and not words_found:
        stdout.print(words("Nothing was found.", "何も見つかりませんでした。"))


@policy.command("template", help=told.TEMPLATE)
def template(lang: Lang = None) -> None:
    both = offered()
    typer.echo(both.ja if language(lang) == "ja" else both.en, nl=False)


def _setting(text: str, confidence: Confidence) -> tuple[Kind, Treatment]:
    kind, _, action = text.partition("=")
    chosen: Action = _one_of("--set", action, ACTIONS)
    return _one_of("--set", kind, KINDS), Treatment(chosen, confidence)


def _one_of(name: str, value: str, choices: Sequence[T]) -> T:
    for choice in choices:
        if value == choice:
            return choice
    shown = ", ".join(choices)
    raise JimaeError("invalid_choice", param=name, name=name, value=value[:60], choices=shown)


def _groups(session: Session) -> dict[str, str]:
    return {group.id: group.name for group in session.query(Group)}


def _whose(owner: str, names: dict[str, str]) -> str:
    if owner == EVERYBODY:
        return words("everybody", "全員")
    return printable(names.get(owner, owner))


def _read(file: str) -> str:
    """A file, or standard input for `-`. Raises OSError and `file_not_utf8`."""
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise JimaeError("file_not_utf8", path=file) from None


def _print_json(body: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(body)).decode())
