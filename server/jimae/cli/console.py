"""Speaking to the person at the terminal, in their language."""

from __future__ import annotations

import re
import shlex
import sys
from itertools import pairwise
from typing import Final

from rich.console import Console

from jimae.cli.language import language as language
from jimae.errors import JimaeError, Language

_COMMAND: Final = re.compile(r"\bjimae (?:audit|groups|keys|models|policy|pull|users)\b")
# A model's text must not move the cursor, change the title or paste: keep line breaks and tabs.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


def words(en: str, ja: str) -> str:
    """The sentence of this terminal's language."""
    return ja if language() == "ja" else en


DATA_HELP = words("Where this server keeps everything.", "サーバーのデータがあるディレクトリー。")
"""Of the option --data-dir, where something is there already."""


def show_error(error: JimaeError) -> None:
    """One error, without a trace, on standard error."""
    _show(error, words("error", "エラー"), "bold red", language())


def show_warning(error: JimaeError, speaks: Language | None = None) -> None:
    """What somebody should know, and nothing was stopped for, on standard error; in the
    terminal's language unless another was asked for."""
    speaks = speaks or language()
    _show(error, "警告" if speaks == "ja" else "warning", "bold yellow", speaks)


def _show(error: JimaeError, label: str, style: str, speaks: Language) -> None:
    stderr.print(f"[{style}]{label}:[/] ", end="")
    message = error.whole(speaks)
    stderr.print(message, markup=False, soft_wrap=True)
    if _COMMAND.search(message):
        tell_data_dir(stderr)


def tell_data_dir(console: Console) -> None:
    """Where commands that were just named have to work, if this one was told another place than
    the usual one: they would begin a new one there."""
    option = "--data-dir"
    given = [after for before, after in pairwise(sys.argv) if before == option]
    given += [one.removeprefix(f"{option}=") for one in sys.argv if one.startswith(f"{option}=")]
    if given:
        place = f"{option} {shlex.quote(given[-1])}"
        told = words(f"Add {place} to these commands.", f"コマンドには {place} を付けてください。")
        console.print(told, markup=False, soft_wrap=True)


def printable(text: str) -> str:
    """A text that somebody else wrote, safe for a terminal."""
    return _CONTROLS.sub("", text)
