"""What Typer says by itself, in the language of this terminal: help's headings, and wrong usage.

Typer has most of these sentences in its own copy of Click, as they are: no catalogue of gettext
is asked for them. So they are known by their form; one that is not known stays in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import typer
from typer.core import TyperOption

from jimae.cli.console import language, words
from jimae.error_texts.reasons import Forms, by_form

# By their names in `typer.rich_utils`, in English and Japanese.
_TITLES: Final = {
    "ARGUMENTS_PANEL_TITLE": ("Arguments", "引数"),
    "OPTIONS_PANEL_TITLE": ("Options", "オプション"),
    "COMMANDS_PANEL_TITLE": ("Commands", "コマンド"),
    "ERRORS_PANEL_TITLE": ("Error", "エラー"),
    "ABORTED_TEXT": ("Aborted.", "中止しました。"),
    "DEFAULT_STRING": ("[default: {}]", "[既定: {}]"),
    "REQUIRED_LONG_STRING": ("[required]", "[必須]"),
    "RICH_HELP": (
        "Try [blue]'{command_path} {help_option}'[/] for help.",
        "使い方は [blue]{command_path} {help_option}[/] で表示します。",
    ),
}
# Options that every command or the first one has, by their names.
_OPTIONS: Final = {
    "help": ("Show this message and exit.", "この説明を表示します。"),
    "install_completion": (
        "Install completion for the current shell.",
        "使っているシェルに、入力の補完を組み込みます。",
    ),
    "show_completion": (
        "Show completion for the current shell, to copy it or customize the installation.",
        "補完のためのスクリプトを表示します（自分で組み込む場合に使います）。",
    ),
}
_REASONS: Final[Forms] = (
    (r"(?:Value error, )?'(.*)' is not one of (.+)\.", r"「\1」は選べません。選べるもの: \2"),
    (r"Input should be a valid integer.*", "整数を指定してください"),
    (r"Input should be a valid number.*", "数値を指定してください"),
    (r"Input should be greater than or equal to (.+)", r"\1 以上にしてください"),
    (r"Input should be less than or equal to (.+)", r"\1 以下にしてください"),
    (r"(?:file|dir|path) '(.*)' does not exist\.", r"\1 がありません"),
    (r"(?:file|dir|path) '(.*)' is a directory\.", r"\1 はディレクトリーです"),
    (r"(?:file|dir|path) '(.*)' is a file\.", r"\1 はファイルです"),
    (r"(?:file|dir|path) '(.*)' is not readable\.", r"\1 を読む権限がありません"),
)
_SENTENCES: Final[Forms] = (
    (
        r"No such option: (.+) \(Possible options: (.+)\)",
        r"オプション \1 はありません。近いもの: \2",
    ),
    (r"No such option: (.+)", r"オプション \1 はありません。"),
    (
        r"No such command '(.*)'\. Did you mean (.+)\?",
        r"コマンド「\1」はありません。近いもの: \2",
    ),
    (r"No such command '(.*)'\.", r"コマンド「\1」はありません。"),
    (r"Missing command\.", "コマンドを指定してください。"),
    (
        r"Missing (?:argument|option) '(.+?)'\. Choose from:(.*)",
        r"\1 を指定してください。選べるもの:\2",
    ),
    (r"Missing argument '(.+?)'\.", r"引数 \1 を指定してください。"),
    (r"Missing option '(.+?)'\.", r"オプション \1 を指定してください。"),
    (r"Option '(.+)' requires an argument\.", r"オプション \1 には値が必要です。"),
    (r"Option '(.+)' does not take a value\.", r"オプション \1 に値は付けられません。"),
    (r"Got unexpected extra argument\(s\) \((.+)\)", r"余分な引数があります: \1"),
)
_INVALID: Final = re.compile(r"Invalid value(?: for (?P<what>.+?))?: (?P<why>.*)", re.DOTALL)


class Context(typer.Context):
    """Of every command: its help and its errors have headings in the language of this terminal."""

    def make_formatter(self) -> Any:
        """As what writes the line of usage, with which all help and all errors begin."""
        _set_titles()
        for option in (*self.command.params, self.command.get_help_option(self)):
            if isinstance(option, TyperOption) and option.name in _OPTIONS:
                option.help = words(*_OPTIONS[option.name])
        formatter = super().make_formatter()
        usage = partial(formatter.write_usage, prefix=words("Usage: ", "使い方: "))
        formatter.write_usage = usage  # type: ignore[method-assign]
        return formatter


def speaks(command: Any) -> Any:
    """A command, and those in it, with the `Context` of this terminal."""
    command.context_class = Context
    for one in getattr(command, "commands", {}).values():
        speaks(one)
    return command


@contextmanager
def told() -> Iterator[None]:
    """Wrong usage is told in the language of this terminal."""
    try:
        yield
    except typer.Abort:
        _set_titles()
        raise
    except typer.TyperException as error:
        _set_titles()
        context = getattr(error, "ctx", None)
        # Without arguments some commands "fail" with their help, which is in our words.
        if language() == "en" or type(error).__name__ == "NoArgsIsHelpError":
            raise
        if context is None:  # an option without its value: the parser does not say of what
            error.message = in_japanese(error.message)
            raise
        context.fail(in_japanese(error.format_message()))


def in_japanese(text: str) -> str:
    """A sentence of Typer about wrong usage."""
    invalid = _INVALID.fullmatch(text)
    if invalid is None:
        return by_form(text, _SENTENCES) or text
    why = by_form(invalid["why"], _REASONS) or invalid["why"]
    if invalid["what"] is None:
        return why
    what = invalid["what"].replace("'", "")
    return f"{what} の値が正しくありません: {why}"


def _set_titles() -> None:
    from typer import rich_utils

    for name, both in _TITLES.items():
        setattr(rich_utils, name, words(*both))
