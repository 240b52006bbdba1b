"""`jimae groups`: departments, and who belongs to them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import typer
from sqlalchemy.orm import Session

from jimae.cli.console import printable, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.cli.tables import Column, show
from jimae.service.accounts import groups as service
from jimae.service.accounts import listing, people
from jimae.service.accounts.listing import ListedGroup

PAGE: Final = 500

groups = typer.Typer(no_args_is_help=True)

LIST_HELP = words(
    """List the groups, their purposes and how many members they have.

      jimae groups list
    """,
    """グループと、その利用目的、人数の一覧です。

      jimae groups list
    """,
)
ADD_HELP = words(
    """Make a group. Its purpose says what its members use the server for.

      jimae groups add 総務課 --purpose 議事録と文書の作成
    """,
    """グループを作ります。利用目的は、メンバーがこのサーバーを何に使うかです。

      jimae groups add 総務課 --purpose 議事録と文書の作成
    """,
)
SET_HELP = words(
    """Change a group.

      jimae groups set 総務課 --name 総務部 --purpose 文書の作成
    """,
    """グループを変更します。

      jimae groups set 総務課 --name 総務部 --purpose 文書の作成
    """,
)
DELETE_HELP = words(
    """Delete a group. Its members stay, without it.

      jimae groups delete 総務課
    """,
    """グループを削除します。メンバーは残ります。

      jimae groups delete 総務課
    """,
)
JOIN_HELP = words(
    """Make somebody a member, or with --manages one who looks after the other members.

      jimae groups join 総務課 hanako

      jimae groups join 総務課 yamada --manages
    """,
    """メンバーに加えます。--manages を付けると、そのグループの管理もできます。

      jimae groups join 総務課 hanako

      jimae groups join 総務課 yamada --manages
    """,
)
LEAVE_HELP = words(
    """Take somebody out of a group.

      jimae groups leave 総務課 hanako
    """,
    """グループから外します。

      jimae groups leave 総務課 hanako
    """,
)
GROUP_HELP = words("The name of the group.", "グループの名前。")
USER_HELP = words("The name that they sign in with.", "サインインに使う名前。")
PURPOSE_HELP = words("What its members use the server for.", "利用目的。")
MANAGES_HELP = words("They look after the group.", "グループの管理者にする。")
JSON_HELP = words("As JSON.", "JSON で出力。")

Name = Annotated[str, typer.Argument(help=GROUP_HELP, show_default=False)]
User = Annotated[str, typer.Argument(help=USER_HELP, show_default=False)]


@groups.command("list", help=LIST_HELP)
def list_groups(
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data_dir: DataDir = None,
) -> None:
    def read(session: Session) -> list[ListedGroup]:
        found: list[ListedGroup] = []
        after, more = None, True
        while more:
            page, more = listing.all_groups(session, terminal(), text=None, after=after, limit=PAGE)
            found += page
            after = found[-1].group.id if found else None
        return found

    found = transact(settings_of(data_dir), read)
    if as_json:
        told = [
            {"id": group.id, "name": group.name, "purpose": group.purpose, "members": members}
            for group, members in found
        ]
        typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    columns = (
        Column(words("Name", "名前"), whole=True),
        Column(words("Members", "人数"), right=True),
        Column(words("Purpose", "利用目的")),
    )
    show(columns, [(group.name, f"{members:,}", group.purpose) for group, members in found])


@groups.command(help=ADD_HELP)
def add(
    name: Name,
    purpose: Annotated[str, typer.Option(help=PURPOSE_HELP, show_default=False)] = "",
    data_dir: DataDir = None,
) -> None:
    made = transact(
        settings_of(data_dir),
        lambda session: service.create(session, terminal(), name, purpose).name,
    )
    stdout.print(words("Made:", "作成しました:"), printable(made), markup=False)


@groups.command("set", help=SET_HELP)
def set_group(
    group: Name,
    name: Annotated[str | None, typer.Option(help=GROUP_HELP, show_default=False)] = None,
    purpose: Annotated[str | None, typer.Option(help=PURPOSE_HELP, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    def change(session: Session) -> str:
        row = service.named(session, group)
        wanted = service.GroupChange(name=name, purpose=purpose)
        service.change(session, terminal(), row, wanted)
        return row.name

    changed = transact(settings_of(data_dir), change)
    stdout.print(words("Changed:", "変更しました:"), printable(changed), markup=False)


@groups.command(help=DELETE_HELP)
def delete(group: Name, data_dir: DataDir = None) -> None:
    transact(
        settings_of(data_dir),
        lambda session: service.delete(session, terminal(), service.named(session, group)),
    )
    stdout.print(words("Deleted:", "削除しました:"), printable(group), markup=False)


@groups.command(help=JOIN_HELP)
def join(
    group: Name,
    user: User,
    manages: Annotated[bool, typer.Option("--manages", help=MANAGES_HELP)] = False,
    data_dir: DataDir = None,
) -> None:
    def put(session: Session) -> None:
        row, account = service.named(session, group), people.named(session, user)
        service.join(session, terminal(), row, account, manages=manages)

    transact(settings_of(data_dir), put)
    told = printable(f"{user} → {group}")
    stdout.print(words("Joined:", "メンバーにしました:"), told, markup=False)


@groups.command(help=LEAVE_HELP)
def leave(group: Name, user: User, data_dir: DataDir = None) -> None:
    def take(session: Session) -> None:
        row, account = service.named(session, group), people.named(session, user)
        service.leave(session, terminal(), row, account)

    transact(settings_of(data_dir), take)
    told = printable(f"{group} → {user}")
    stdout.print(words("Left:", "グループから外しました:"), told, markup=False)
