"""`jimae`: the commands, and how their errors are told."""

from __future__ import annotations

import sys
from typing import Final

import typer

from jimae.cli import lazy
from jimae.cli.console import show_error, words
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
    cls=lazy.LazyGroup,
    help=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=lazy.MARKUP,
)
lazy.add_to(app)


def main() -> None:
    """Exit code 0; 1 for an error of ours; 2 for wrong usage; 130 for Ctrl+C."""
    try:
        app()
    except JimaeError as error:
        show_error(error)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:
            raise
        reason = error.strerror or str(error)
        show_error(JimaeError("path_unusable", path=str(error.filename), reason=reason))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
