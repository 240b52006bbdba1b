"""`jimae users`: who may sign in."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
import typer
from sqlalchemy.orm import Session

from jimae.cli import user_texts as texts
from jimae.cli.console import printable, stderr, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.cli.user_import import import_people
from jimae.cli.user_list import show_people, told
from jimae.errors import JimaeError
from jimae.service.accounts import listing, people, setup
from jimae.service.accounts.belongings import After
from jimae.service.accounts.listing import Listed, Wanted
from jimae.service.accounts.names import folded, sign_in_name
from jimae.service.accounts.parts import parts_of
from jimae.service.accounts.passwords import Passwords, one_time
from jimae.settings import Settings

PAGE: Final = 500

RoleName = Literal["user", "manager", "admin", "auditor"]

users = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help=texts.NAME, show_default=False)]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help=texts.STDIN)]
OneTime = Annotated[bool, typer.Option("--one-time", help=texts.ONE_TIME)]


@users.command("list", help=texts.LIST)
def list_users(
    group: Annotated[str | None, typer.Option(help=texts.GROUP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=texts.JSON)] = False,
    data_dir: DataDir = None,
) -> None:
    from jimae.service.accounts import groups

    settings = settings_of(data_dir)

    def read(session: Session) -> list[Listed]:
        group_id = None if group is None else groups.named(session, group).id
        found: list[Listed] = []
        after, more = None, True
        while more:
            wanted = Wanted(group=group_id, after=after, limit=PAGE)
            page, more = listing.people(session, terminal(), wanted)
            found += page
            after = found[-1].account.id if found else None
        return found

    found = transact(settings, read)
    if as_json:
        body = [told(one) for one in found]
        typer.echo(msgspec.json.format(msgspec.json.encode(body)).decode())
        return
    show_people(found, ZoneInfo(settings.server.time_zone))


@users.command(help=texts.ADD)
def add(
    name: Name,
    role: Annotated[RoleName, typer.Option(help=texts.ROLE)] = "user",
    display_name: Annotated[str, typer.Option(help=texts.DISPLAY, show_default=False)] = "",
    mail: Annotated[str | None, typer.Option(help=texts.MAIL, show_default=False)] = None,
    password_stdin: FromStdin = False,
    one_time: OneTime = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    wanted = people.NewPerson(name=name, display_name=display_name, mail=mail, role=role)
    password = _Chosen(settings, sign_in_name(name), password_stdin, one_time)

    def create(session: Session) -> str:
        account = people.create(
            session,
            terminal(),
            wanted,
            password_hash=password.hash,
            must_change_password=one_time,
        )
        return account.name

    made = transact(settings, create, begins=True)
    stdout.print(words("Made:", "作成しました:"), printable(made), markup=False)
    password.tell()


users.command("import", help=texts.IMPORT)(import_people)


@users.command("set", help=texts.SET)
def set_user(
    user: Name,
    name: Annotated[str | None, typer.Option(help=texts.NAME, show_default=False)] = None,
    display_name: Annotated[
        str | None, typer.Option(help=texts.DISPLAY, show_default=False)
    ] = None,
    mail: Annotated[str | None, typer.Option(help=texts.MAIL, show_default=False)] = None,
    role: Annotated[RoleName | None, typer.Option(help=texts.ROLE, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    _change(
        user,
        people.Change(name=name, display_name=display_name, mail=mail, role=role),
        data_dir,
        words("Changed:", "変更しました:"),
    )


@users.command(help=texts.DISABLE)
def disable(user: Name, data_dir: DataDir = None) -> None:
    _change(user, people.Change(disabled=True), data_dir, words("Disabled:", "停止しました:"))


@users.command(help=texts.ENABLE)
def enable(user: Name, data_dir: DataDir = None) -> None:
    wanted = people.Change(disabled=False, locked=False)
    _change(user, wanted, data_dir, words("Enabled:", "再開しました:"))


@users.command(help=texts.PASSWORD)
def password(
    user: Name,
    password_stdin: FromStdin = False,
    one_time: OneTime = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    chosen = _Chosen(settings, sign_in_name(user), password_stdin, one_time)

    def give(session: Session) -> str:
        account = people.named(session, user)
        people.set_password(session, terminal(), account, chosen.hash, must_change=one_time)
        return account.name

    name = transact(settings, give)
    stdout.print(words("New password:", "パスワードを変更しました:"), printable(name), markup=False)
    chosen.tell()


@users.command(help=texts.DELETE)
def delete(
    user: Name,
    transfer_to: Annotated[str | None, typer.Option(help=texts.HEIR, show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help=texts.YES)] = False,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    if not yes:
        _ask_back(settings, user, transfer_to)

    def remove(session: Session) -> list[After]:
        account = people.named(session, user)
        heir = None if transfer_to is None else people.named(session, transfer_to)
        return people.delete(session, terminal(), account, parts=parts_of(settings), heir=heir)

    for after in transact(settings, remove, erases=True):
        after()
    stdout.print(words("Deleted:", "削除しました:"), printable(user), markup=False)


@users.command("setup-code", help=texts.CODE)
def setup_code(data_dir: DataDir = None) -> None:
    code = transact(
        settings_of(data_dir), lambda session: setup.new_code(session, terminal()), begins=True
    )
    stdout.print(
        words(
            "Type this in the page, within one hour:",
            "1 時間以内に、画面でこのコードを入力してください:",
        )
    )
    typer.echo(code)


class _Chosen:
    """A password from the terminal, from standard input, or made up."""

    def __init__(self, settings: Settings, name: str, from_stdin: bool, one_time_one: bool) -> None:
        passwords = Passwords(settings.accounts.password_length)
        self._made = one_time() if one_time_one else None
        chosen = self._made or (sys.stdin.readline().rstrip("\r\n") if from_stdin else _asked())
        if self._made is None:
            passwords.check(chosen, name)
        self.hash = passwords.hash_now(chosen)

    def tell(self) -> None:
        if self._made is not None:
            stderr.print(
                words(
                    "A password for the first sign-in; it is not shown again:",
                    "最初のサインイン用のパスワードです。二度と表示されません:",
                )
            )
            typer.echo(self._made)


def _ask_back(settings: Settings, user: str, heir: str | None) -> None:
    """Let nobody be deleted by a slip. Raises `user_not_found`, and ends the command when the
    name is not typed."""

    def read(session: Session) -> str:
        if heir is not None:
            people.named(session, heir)
        return people.named(session, user).name

    name = transact(settings, read)
    stderr.print(
        words(
            f"{name} and all chats, files and keys of theirs will be deleted for good."
            if heir is None
            else f"{name} will be deleted for good; what they made goes to {heir}.",
            f"{name} と、そのチャット・ファイル・APIキーを完全に削除します。"
            if heir is None
            else f"{name} を完全に削除し、作ったものは {heir} に引き継ぎます。",
        ),
        markup=False,
    )
    question = words("Type the name to delete it", "削除するには、名前を入力してください")
    if folded(typer.prompt(question, err=True)) != name:
        raise typer.Abort


def _asked() -> str:
    first = getpass.getpass(words("Password: ", "パスワード: "))
    if getpass.getpass(words("Once more: ", "もう一度: ")) != first:
        raise JimaeError("passwords_differ")
    return first


def _change(user: str, wanted: people.Change, data_dir: Any, said: str) -> None:
    def change(session: Session) -> str:
        account = people.named(session, user)
        people.change(session, terminal(), account, wanted)
        return account.name

    stdout.print(said, printable(transact(settings_of(data_dir), change)), markup=False)
