"""Speaking to the person at the terminal, in their language."""

from __future__ import annotations

import re
from typing import Final

from rich.console import Console

from jimae.cli.language import language as language
from jimae.errors import JimaeError

# A model's text must not move the cursor, change the title or paste: keep line breaks and tabs.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

stdout = Console(highlight=False)
stderr = Console(stderr=True, highlight=False)


def words(en: str, ja: str) -> str:
    """The sentence of this terminal's language."""
    return ja if language() == "ja" else en


def show_error(error: JimaeError) -> None:
    """One error, without a trace, on standard error."""
    label = words("error", "エラー")
    stderr.print(f"[bold red]{label}:[/] ", end="")
    stderr.print(error.message(language()), markup=False, soft_wrap=True)


def printable(text: str) -> str:
    """A text that somebody else wrote, safe for a terminal."""
    return _CONTROLS.sub("", text)
