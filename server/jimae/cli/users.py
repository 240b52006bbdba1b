"""`jimae users`: who may sign in."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
import typer
from sqlalchemy.orm import Session

from jimae.cli.console import printable, stderr, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.errors import JimaeError
from jimae.service.accounts import listing, people, setup
from jimae.service.accounts.belongings import After
from jimae.service.accounts.listing import Listed, Wanted
from jimae.service.accounts.names import folded, sign_in_name
from jimae.service.accounts.parts import parts_of
from jimae.service.accounts.passwords import Passwords, one_time
from jimae.settings import Settings
from jimae.store.account_tables import Account

PAGE: Final = 500
HEADINGS: Final = (
    ("Shown as", "表示名"),
    ("Role", "権限"),
    ("Groups", "グループ"),
    ("From", "登録元"),
    ("Last seen", "最終利用"),
    ("State", "状態"),
)

RoleName = Literal["user", "manager", "admin", "auditor"]

users = typer.Typer(no_args_is_help=True)

LIST_HELP = words(
    """List the accounts of this server.

    Examples:

      jimae users list

      jimae users list --group 総務課 --json
    """,
    """アカウントの一覧です。

    例:

      jimae users list

      jimae users list --group 総務課 --json
    """,
)
ADD_HELP = words(
    """Make an account. The first one is an administrator's, and ends single-user mode at once.

    The password is asked for twice. With --one-time a password is made up and shown, which has
    to be changed at the first sign-in; with --password-stdin it is read from standard input.

      jimae users add yamada --role admin

      jimae users add hanako --display-name 佐藤花子 --one-time

      pass show jimae | jimae users add yamada --role admin --password-stdin

    Roles: user asks models; manager also looks after groups; admin looks after everything;
    auditor reads the audit log and nothing else.
    """,
    """アカウントを作ります。最初の 1 つは管理者で、作るとすぐに一人用モードが終わります。

    パスワードは 2 回たずねます。--one-time を付けると、最初のサインインで変更が必要な
    パスワードを作って表示します。--password-stdin では標準入力から読みます。

      jimae users add yamada --role admin

      jimae users add hanako --display-name 佐藤花子 --one-time

      pass show jimae | jimae users add yamada --role admin --password-stdin

    権限: user はモデルを使う人、manager はグループも管理する人、admin は全体の管理者、
    auditor は監査ログだけを読む人です。
    """,
)
SET_HELP = words(
    """Change an account.

      jimae users set hanako --role manager

      jimae users set hanako --name h.sato --display-name 佐藤花子
    """,
    """アカウントを変更します。

      jimae users set hanako --role manager

      jimae users set hanako --name h.sato --display-name 佐藤花子
    """,
)
DISABLE_HELP = words(
    """Keep somebody out, at once: sessions end, keys are refused, running answers stop within two
    seconds. What they own stays.

      jimae users disable hanako
    """,
    """利用をすぐに止めます。セッションは終わり、キーは拒否され、書きかけの回答も 2 秒以内に
    止まります。データは残ります。

      jimae users disable hanako
    """,
)
ENABLE_HELP = words(
    """Let somebody in again, and forget failures to sign in.

      jimae users enable hanako
    """,
    """利用を再開し、サインインの失敗回数も消します。

      jimae users enable hanako
    """,
)
PASSWORD_HELP = words(
    """Give somebody another password; it ends their sessions.

      jimae users password hanako --one-time
    """,
    """パスワードを付け直します。その人のセッションは終わります。

      jimae users password hanako --one-time
    """,
)
DELETE_HELP = words(
    """Delete an account and everything its owner made, or give that to somebody else.

    What the audit log and the statistics tell of them stays. The name is asked for once more;
    with --yes, for scripts, it is not.

      jimae users delete hanako

      jimae users delete hanako --transfer-to yamada --yes
    """,
    """アカウントと、その人が作ったものをすべて削除します。ほかの人に引き継ぐこともできます。

    監査ログと統計の記録は残ります。確認のために名前をもう一度たずねます。スクリプトでは --yes を
    付けると、たずねません。

      jimae users delete hanako

      jimae users delete hanako --transfer-to yamada --yes
    """,
)
CODE_HELP = words(
    """Show a code with which the first administrator can be made in the page.

    It is valid for one hour and five tries, once, and only while there is no account.

      jimae users setup-code
    """,
    """画面で最初の管理者を作るための、一度だけ使えるコードを表示します。

    有効なのは 1 時間、5 回までで、アカウントがまだない間だけです。

      jimae users setup-code
    """,
)
NAME_HELP = words("The name to sign in with.", "サインインに使う名前。")
DISPLAY_HELP = words("The name to be shown.", "画面に表示する名前。")
MAIL_HELP = words("Mail address.", "メールアドレス。")
ROLE_HELP = words("What they may do.", "権限。")
GROUP_HELP = words("Only members of this group.", "このグループのメンバーだけ。")
STDIN_HELP = words("Read the password from standard input.", "パスワードを標準入力から読む。")
ONE_TIME_HELP = words(
    "Make up a password that has to be changed.", "変更が必要なパスワードを作る。"
)
YES_HELP = words("Do not ask back.", "確認をたずねない。")
HEIR_HELP = words("Who gets what they made.", "作ったものを引き継ぐ人。")
JSON_HELP = words("As JSON.", "JSON で出力。")

Name = Annotated[str, typer.Argument(help=NAME_HELP, show_default=False)]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help=STDIN_HELP)]
OneTime = Annotated[bool, typer.Option("--one-time", help=ONE_TIME_HELP)]


@users.command("list", help=LIST_HELP)
def list_users(
    group: Annotated[str | None, typer.Option(help=GROUP_HELP, show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
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
        told = [_told(one) for one in found]
        typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    _show(found, ZoneInfo(settings.server.time_zone))


@users.command(help=ADD_HELP)
def add(
    name: Name,
    role: Annotated[RoleName, typer.Option(help=ROLE_HELP)] = "user",
    display_name: Annotated[str, typer.Option(help=DISPLAY_HELP, show_default=False)] = "",
    mail: Annotated[str | None, typer.Option(help=MAIL_HELP, show_default=False)] = None,
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


@users.command("set", help=SET_HELP)
def set_user(
    user: Name,
    name: Annotated[str | None, typer.Option(help=NAME_HELP, show_default=False)] = None,
    display_name: Annotated[str | None, typer.Option(help=DISPLAY_HELP, show_default=False)] = None,
    mail: Annotated[str | None, typer.Option(help=MAIL_HELP, show_default=False)] = None,
    role: Annotated[RoleName | None, typer.Option(help=ROLE_HELP, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    _change(
        user,
        people.Change(name=name, display_name=display_name, mail=mail, role=role),
        data_dir,
        words("Changed:", "変更しました:"),
    )


@users.command(help=DISABLE_HELP)
def disable(user: Name, data_dir: DataDir = None) -> None:
    _change(user, people.Change(disabled=True), data_dir, words("Disabled:", "停止しました:"))


@users.command(help=ENABLE_HELP)
def enable(user: Name, data_dir: DataDir = None) -> None:
    wanted = people.Change(disabled=False, locked=False)
    _change(user, wanted, data_dir, words("Enabled:", "再開しました:"))


@users.command(help=PASSWORD_HELP)
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


@users.command(help=DELETE_HELP)
def delete(
    user: Name,
    transfer_to: Annotated[str | None, typer.Option(help=HEIR_HELP, show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help=YES_HELP)] = False,
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


@users.command("setup-code", help=CODE_HELP)
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


def _show(found: list[Listed], zone: ZoneInfo) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column(words("Name", "名前"), no_wrap=True)
    for en, ja in HEADINGS:
        table.add_column(words(en, ja))
    for account, joined, locked_until in found:
        seen = account.last_seen_at
        cells = (
            account.name,
            account.display_name,
            account.role,
            ", ".join(group.name + (" *" if group.manages else "") for group in joined),
            account.source,
            "-" if seen is None else datetime.fromtimestamp(seen, zone).strftime("%Y-%m-%d %H:%M"),
            _state(account, locked_until),
        )
        table.add_row(*(Text(printable(cell)) for cell in cells))
    stdout.print(table)


def _state(account: Account, locked_until: float | None) -> str:
    if account.disabled_at is not None:
        return words("disabled", "停止")
    if locked_until is not None:
        return words("locked", "ロック中")
    return words("enabled", "利用中")


def _told(listed: Listed) -> dict[str, Any]:
    account, joined, locked_until = listed
    return {
        "id": account.id,
        "name": account.name,
        "display_name": account.display_name,
        "mail": account.mail,
        "role": account.role,
        "source": account.source,
        "disabled": account.disabled_at is not None,
        "locked_until": locked_until,
        "created_at": account.created_at,
        "last_sign_in_at": account.last_sign_in_at,
        "last_seen_at": account.last_seen_at,
        "groups": [
            {"id": group.id, "name": group.name, "manages": group.manages} for group in joined
        ],
    }
