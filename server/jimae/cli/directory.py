"""`jimae directory`: where people are known, and whether it can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Final

import typer
from sqlalchemy.orm import Session

from jimae.cli.console import language, printable, stdout, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.errors import JimaeError
from jimae.service.accounts import people
from jimae.service.directories import provisioning
from jimae.service.directories.ldap import LdapDirectory
from jimae.service.directories.trial import Step, try_ldap, try_provider
from jimae.settings import Settings

FAILED: Final = 1

directory = typer.Typer(no_args_is_help=True)

TEST_HELP = words(
    """Try a directory of the settings step by step, and say what fails and why.

    OpenID Connect: its discovery and its keys. LDAP: the connection and its certificate, the
    account that looks people up, the place where people are; and with a name, that person with
    the groups and the role they would have here. Nobody is signed in, nothing is changed.

      jimae directory test entra

      jimae directory test ad yamada
    """,
    """設定にあるディレクトリーを一つずつ確かめ、どこでなぜ失敗するかを示します。

    OpenID Connect では公開情報と鍵、LDAP では接続と証明書、検索用アカウント、検索する場所を
    調べます。名前を付けると、その人と、ここでのグループ・権限も示します。サインインはせず、
    何も変更しません。

      jimae directory test entra

      jimae directory test ad yamada
    """,
)
LINK_HELP = words(
    """Join an account of this server to somebody in a directory, who signs in there from now on.

    Its password of this server no longer works; everything it owns stays. LDAP looks the id up
    by the name; for OpenID Connect give it with --id (what the id_claim says, such as `sub`).

      jimae directory link yamada ad

      jimae directory link yamada entra --id 0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef
    """,
    """このサーバーのアカウントを、ディレクトリーの人と結び付けます。以後はそちらでサインイン
    します。

    ここのパスワードは使えなくなりますが、データはそのまま残ります。LDAP では名前から ID を
    調べます。OpenID Connect では --id で指定します（id_claim の値。例: sub）。

      jimae directory link yamada ad

      jimae directory link yamada entra --id 0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef
    """,
)
ACCEPT_HELP = words(
    """Say that a directory whose settings changed is the same as before.

    Accounts belong to ids of a directory. When its issuer or its attribute for ids changes, the
    server signs nobody in until it is told that they still mean the same people.

      jimae directory accept entra
    """,
    """設定の変わったディレクトリーが、以前と同じものであることを伝えます。

    アカウントはディレクトリーの ID に結び付いています。発行者や ID の属性が変わると、同じ人を
    指すと確認されるまで、誰もサインインできません。

      jimae directory accept entra
    """,
)
NAME_HELP = words("Its name in the settings.", "設定での名前。")
PERSON_HELP = words("Somebody to look for (LDAP).", "調べる人の名前（LDAP）。")
ID_HELP = words("Their id in the directory.", "ディレクトリーでの ID。")

STEPS: Final = {
    "discovery": words("what it says of itself", "公開情報"),
    "keys": words("the keys it signs with", "署名の鍵"),
    "connect": words("the connection and its certificate", "接続と証明書"),
    "account": words("the account that looks people up", "検索用アカウント"),
    "base": words("where people are", "検索する場所"),
    "person": words("the person", "人"),
    "mapping": words("groups there -> here; role", "グループ（先方 → ここ）と権限"),
}

Name = Annotated[str, typer.Argument(help=NAME_HELP)]


@directory.command("test", help=TEST_HELP)
def try_out(
    name: Name,
    person: Annotated[str | None, typer.Argument(help=PERSON_HELP, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    steps: Iterable[Step]
    if name in settings.oidc:
        steps = asyncio.run(_provider_steps(settings, name))
    else:
        steps = try_ldap(_ldap(settings, name), person)
    for step in steps:
        mark = "[red]×[/]" if step.error is not None else "[green]✓[/]"
        stdout.print(mark, STEPS[step.what], end="  ")
        stdout.print(printable(step.facts), markup=False, soft_wrap=True)
        if step.error is not None:
            stdout.print("  ", step.error.whole(language()), markup=False, soft_wrap=True)
            raise typer.Exit(FAILED)
    if name in settings.oidc:
        public = settings.server.public_url or words(
            "(server.public_url is not set)", "（server.public_url が未設定です）"
        )
        stdout.print(
            words("Register there:", "先方に登録する戻り先:"),
            f"{public}/jimae/session/providers/{name}/callback",
            markup=False,
            soft_wrap=True,
        )


@directory.command("link", help=LINK_HELP)
def link(
    account: Annotated[str, typer.Argument(help=words("The account here.", "アカウント名。"))],
    name: Name,
    id: Annotated[str | None, typer.Option("--id", help=ID_HELP, show_default=False)] = None,
    data_dir: DataDir = None,
) -> None:
    settings = settings_of(data_dir)
    external_id = id or _looked_up(settings, name, account)
    _known(settings, name)

    def join(session: Session) -> None:
        found = people.named(session, account)
        provisioning.link(session, terminal(), found, name, external_id)

    transact(settings, join)
    stdout.print(
        words(f"{account} signs in with {name} now.", f"{account} は {name} でサインインします。"),
        markup=False,
    )


@directory.command("accept", help=ACCEPT_HELP)
def accept(name: Name, data_dir: DataDir = None) -> None:
    settings = settings_of(data_dir)
    kind, identity = _known(settings, name)
    transact(
        settings,
        lambda session: provisioning.accept(session, terminal(), name, kind, identity),
    )
    stdout.print(words(f"{name} is taken as before.", f"{name} を以前と同じものとして扱います。"))


async def _provider_steps(settings: Settings, name: str) -> list[Step]:
    from jimae.service.directories.oidc import Provider

    return [step async for step in try_provider(Provider(name, settings.oidc[name]))]


def _ldap(settings: Settings, name: str) -> LdapDirectory:
    _known(settings, name)
    return LdapDirectory(name, settings.ldap[name])


def _looked_up(settings: Settings, name: str, person: str) -> str:
    if name in settings.oidc:
        raise typer.BadParameter(words("--id is needed.", "--id が必要です。"))
    found = _ldap(settings, name).find(person)
    if found is None:
        raise JimaeError("user_not_found", id=person[:100])
    return found.external_id


def _known(settings: Settings, name: str) -> tuple[provisioning.Kind, str]:
    """Its kind, and what its ids are unique in. Raises `directory_unknown`."""
    if (oidc := settings.oidc.get(name)) is not None:
        return "oidc", provisioning.identity(oidc)
    if (ldap := settings.ldap.get(name)) is not None:
        return "ldap", provisioning.identity(ldap)
    known = ", ".join([*settings.oidc, *settings.ldap]) or "-"
    raise JimaeError("directory_unknown", name=name[:100], known=known)
