"""Commands whose modules are imported when they run: a list of all needs none of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
import typer.core
import typer.main

from jimae.cli import wrong_usage
from jimae.cli.console import words

MARKUP: Final = "markdown"


class Summary(NamedTuple):
    """What the list of commands says of one."""

    en: str
    ja: str


COMMANDS: Final = {
    "serve": Summary(
        "Serve the chat page and the API on this machine.",
        "チャット画面と API を、このマシンで動かします。",
    ),
    "pull": Summary("Download a model and check it.", "モデルをダウンロードし、確かめます。"),
    "models": Summary("List the models of the catalogue.", "カタログにあるモデルの一覧です。"),
    "chat": Summary("Talk to a running server.", "動いているサーバーと話します。"),
    "bench": Summary(
        "Measure OpenAI-compatible servers side by side.",
        "OpenAI 互換のサーバーを並べて計測します。",
    ),
    "tune": Summary(
        "Measure what suits this machine: threads, batch size, format of the weights.",
        "このマシンに合うスレッド数、バッチサイズ、重みの形式を計測します。",
    ),
    "version": Summary(
        "Print the version of jimae and of Python.", "jimae と Python のバージョンを表示します。"
    ),
    "usage": Summary(
        "What was used: requests, tokens, waiting and refusals, without content.",
        "使用状況（リクエスト数、トークン、待ち時間、拒否）を表示します。内容は含みません。",
    ),
    "users": Summary(
        "People: list, add, change, disable and delete who may sign in.",
        "ユーザー: サインインできる人の一覧・追加・変更・停止・削除。",
    ),
    "groups": Summary(
        "Groups: list, add, change and delete departments, and who belongs to them.",
        "グループ: 部署の一覧・追加・変更・削除と、そのメンバー。",
    ),
    "keys": Summary(
        "API keys: list, add and revoke what programs come in with.",
        "API キー: プログラムが使うキーの一覧・作成・取り消し。",
    ),
    "limits": Summary(
        "Limits: what everybody, a group, a person or a key may use.",
        "制限: 全員・グループ・個人・キーが使える量。",
    ),
    "audit": Summary(
        "The audit log: search, check, export, keep and delete what was recorded.",
        "監査ログ: 検索・検証・エクスポート・保存期間・削除。",
    ),
    "directory": Summary(
        "Directories: try those that people sign in with, and join accounts to them.",
        "ディレクトリー: サインインに使うディレクトリーの確認と、アカウントの結び付け。",
    ),
    "policy": Summary(
        "Policy: the text of use, rules for personal data, prohibited words.",
        "方針: 利用規程、個人情報の規則、禁止語。",
    ),
}
"""Each is the function or group of its name in the module of its name beside this one."""


class LazyGroup(typer.core.TyperGroup):
    """Holds a summary in the place of each command, until one is asked for."""

    context_class = wrong_usage.Context

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with wrong_usage.told():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with wrong_usage.told():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else loaded(name), rest


def add_to(app: typer.Typer) -> None:
    """Put the summary of every command into the list."""
    for name, summary in COMMANDS.items():
        app.command(name, help=words(*summary))(lambda: None)


def loaded(name: str) -> Any:
    """The command itself, with its arguments and its own help."""
    made = getattr(import_module(f"jimae.cli.{name}"), name)
    alone = typer.Typer(rich_markup_mode=MARKUP)
    if isinstance(made, typer.Typer):
        alone.add_typer(made, name=name, help=words(*COMMANDS[name]))
    else:
        alone.command(name)(made)
    return wrong_usage.speaks(typer.main.get_group(alone).commands[name])
