"""`jimae`: the commands, and how their errors are told."""

from __future__ import annotations

import sys
from typing import Final

import typer

from jimae.cli.audit import audit
from jimae.cli.bench import bench
from jimae.cli.chat import chat
from jimae.cli.console import show_error, words
from jimae.cli.directory import directory
from jimae.cli.groups import groups
from jimae.cli.keys import keys
from jimae.cli.limits import limits
from jimae.cli.models import models
from jimae.cli.policy import policy
from jimae.cli.pull import pull
from jimae.cli.serve import serve
from jimae.cli.tune import tune
from jimae.cli.usage import usage
from jimae.cli.users import users
from jimae.cli.version import version
from jimae.errors import JimaeError

HELP: Final = words(
    """A chat-AI server for your own machine.

    First: jimae pull, then jimae serve, and open http://127.0.0.1:8080

    jimae COMMAND --help explains each command with examples.
    """,
    """自分のマシンで動かすチャット AI サーバー。

    はじめに: jimae pull、次に jimae serve。それから http://127.0.0.1:8080 を開きます。

    jimae コマンド --help で、各コマンドの説明と例が見られます。
    """,
)

app = typer.Typer(
    help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="markdown"
)
for command in (serve, pull, models, chat, bench, tune, version):
    app.command()(command)
app.command()(usage)
app.add_typer(users, name="users")
app.add_typer(groups, name="groups")
app.add_typer(keys, name="keys")
app.add_typer(limits, name="limits")
app.add_typer(audit, name="audit")
app.add_typer(directory, name="directory")
app.add_typer(policy, name="policy")


def main() -> None:
    """Exit code 0; 1 for an error of ours; 2 for wrong usage; 130 for Ctrl+C."""
    try:
        app()
    except JimaeError as error:
        show_error(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
