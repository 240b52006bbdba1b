"""Pages in docs/ that are written from the code: settings, commands, errors, compatibility.

`python -m jimae.reference` writes them, with `--check` it only compares. A
change of a setting, a command or an error therefore changes its page in the
same commit.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer
import typer.core
import typer.main

from jimae import setting_pages
from jimae.api import compatibility
from jimae.chat.parsers.registry import FAMILIES
from jimae.error_texts import TEXTS
from jimae.error_texts.text import Inside, Text

DOCS = Path(__file__).resolve().parents[2] / "docs"
NOTE = "<!-- Written by `python -m jimae.reference`; change the code instead. -->\n\n"

ERRORS_HEAD = """\
# Errors

A failed request is answered with an HTTP status and this body, the shape that OpenAI's
clients know:

```json
{"error": {"message": "…", "type": "…", "param": "…", "code": "…"}}
```

`code` is fixed and meant for programs; `message` is for people, in English, or in Japanese
if the request's `Accept-Language` prefers it. The words in braces are filled in.
The type `setup_error` is about the installation, and is met mostly on the command line.

"""

COMMANDS_HEAD = """\
# Commands

`scripts/start` puts the command at `.venv/bin/jimae`. Each answers to `--help`.

"""

COMPATIBILITY_HEAD = """\
# Compatibility

Programs written for another API work here by changing their base URL, or fail with an error
that says why. This page lists every parameter that their clients can send:

- **works**: does what the API's inventor says it does. Those marked *ours* exist only here.
- **harmless**: may be sent, and changes nothing: what it asks for is so already, or means
  nothing on a machine of one's own.
- **refused**: an error of status 400 with this [code](errors.md), which names the parameter.
  Values that ask for nothing (such as `false`) are taken.

A name that is on no list is refused with `unknown_parameter` and the nearest names; nothing is
ignored in silence.

**日本語:** ほかの API のために書かれたプログラムは、接続先の URL を変えるだけで動くか、
理由を示すエラーになります。works はその API のとおりに働くもの（ours は jimae だけの拡張）、
harmless は送っても何も変わらないもの、refused は上のコードの 400 エラーになるものです。
ここにない名前は `unknown_parameter` になり、黙って無視されることはありません。

"""


def pages() -> dict[str, str]:
    """File name in docs/ to content."""
    return {
        "settings.md": NOTE + setting_pages.page("en"),
        "settings.ja.md": NOTE + setting_pages.page("ja"),
        "errors.md": NOTE + ERRORS_HEAD + "\n".join(_error_entries()),
        "compatibility.md": NOTE + COMPATIBILITY_HEAD + compatibility.page(_families()),
        "cli.md": NOTE + COMMANDS_HEAD + _commands(),
    }


def drifted(folder: Path = DOCS) -> list[str]:
    """Names of the pages that do not say what the code says."""
    return [
        name
        for name, content in pages().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != content
    ]


def write(folder: Path = DOCS) -> None:
    """Write every page."""
    folder.mkdir(exist_ok=True)
    for name, content in pages().items():
        (folder / name).write_text(content, encoding="utf-8")


# --- errors ------------------------------------------------------------------------


def _error_entries() -> Iterator[str]:
    for code, text in sorted(TEXTS.items()):
        yield f"## {code}\n\n{text.status} · `{text.type}`\n\n{_quoted(text)}"
        if text.inside is not None:
            yield f"In the log and the terminal of the server:\n\n{_quoted(text.inside)}"


def _quoted(text: Text | Inside) -> str:
    return f"> {text.en}\n>\n> {text.ja}\n"


# --- compatibility -----------------------------------------------------------------


def _families() -> list[compatibility.Family]:
    return [
        compatibility.Family(
            name=family.name,
            reasoning=family.reasoning is not None,
            forced_calls=family.syntax is not None,
            run_on=family.verified_on,
        )
        for family in FAMILIES.values()
    ]


# --- commands ----------------------------------------------------------------------


@cache
def _commands() -> str:
    """The help of all commands, from a process of its own: they speak the language of the
    terminal from their import on, and the page is in English."""
    package = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "jimae.reference", "--commands"],
        env={**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": package},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def _command_entries() -> Iterator[str]:
    from jimae.cli.main import app

    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)  # noqa: S101  # what get_command makes of ours
    yield from _entries_of(group, typer.Context(group, info_name="jimae"))


def _entries_of(group: typer.core.TyperGroup, above: typer.Context) -> Iterator[str]:
    """Every command, those of groups (`jimae keys add`) after each other."""
    for name in group.list_commands(above):
        _, command, _ = group.resolve_command(above, [name])
        if command is None or command.hidden:
            continue
        here = typer.Context(command, info_name=name, parent=above)
        if isinstance(command, typer.core.TyperGroup):
            yield from _entries_of(command, here)
            continue
        usage = " ".join([here.command_path, *command.collect_usage_pieces(here)])
        teaches = inspect.cleandoc(command.help or "")
        yield f"## {here.command_path}\n\n```text\n{usage}\n\n{teaches}\n```\n"
        records = [param.get_help_record(here) for param in command.get_params(here)]
        lines = [f"| `{names}` | {words} |" for names, words in filter(None, records)]
        yield "\n".join(["| | |", "| --- | --- |", *lines, ""])


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` say which are out of date."""
    if arguments == ["--commands"]:
        sys.stdout.write("\n".join(_command_entries()))
        return 0
    if arguments != ["--check"]:
        write()
        return 0
    names = drifted()
    for name in names:
        sys.stderr.write(f"docs/{name} does not say what the code says.\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
