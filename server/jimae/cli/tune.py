"""`jimae tune`: what suits this machine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jimae.cli.console import language, stderr, stdout, words
from jimae.errors import JimaeError
from jimae.settings import FILE_NAME, Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable

    from jimae.tuning.formats import Family
    from jimae.tuning.session import Line, Report

# The width of the tables where there is no terminal to ask.
WIDE = 150

HELP = words(
    """Measure what suits this machine: threads, batch size, format of the weights.

    Reads and writes with each format of the model that is here, and shows its speed
    for one user and for many beside what it loses: the perplexity on a Japanese text.
    Two formats of a 1.5B model take about two minutes on two idle cores. Changes
    nothing unless told to.

    Examples:

      jimae tune qwen2.5-coder-1.5b

      jimae tune qwen2.5-coder-1.5b --requantise q4_k_pure

      jimae tune qwen2.5-coder-1.5b --use q4_k_pure --write

    --requantise makes the model in another format first, here, as a model of its own
    (qwen2.5-coder-1.5b-q4_k_pure). It can only lose: from a publisher's own file in that
    format you would lose less. Formats called pure keep no matrix in a finer type, which
    is what serves many users fastest on a CPU.
    """,
    """このマシンに合うスレッド数、バッチサイズ、重みの形式を計測します。

    ここにあるモデルの形式ごとに読み書きし、1 人のときと大勢のときの速さを、品質の
    損失（日本語の文章でのパープレキシティー）と並べて示します。2 コアが空いていれば、
    1.5B のモデル 2 形式で約 2 分です。指示しない限り何も変えません。

    例:

      jimae tune qwen2.5-coder-1.5b

      jimae tune qwen2.5-coder-1.5b --requantise q4_k_pure

      jimae tune qwen2.5-coder-1.5b --use q4_k_pure --write

    --requantise は、まず別の形式のモデルをこのマシンで作ります（別のモデル
    qwen2.5-coder-1.5b-q4_k_pure になります）。品質は下がります。配布元にその形式の
    ファイルがあれば、そちらのほうが損失は小さくなります。pure の付く形式は、どの行列も
    細かい型のまま残さないもので、CPU で大勢が使うときに最も速くなります。
    """,
)


def tune(
    model: Annotated[str, typer.Argument(help=words("Which model.", "モデルの ID。"))],
    requantise: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FORMAT",
            help=words(
                "Make this format first: q4_k_pure, q8_0, iq4_nl, …; repeat it for several.",
                "まずこの形式を作る: q4_k_pure、q8_0、iq4_nl など。複数なら繰り返す。",
            ),
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help=words(
                "Write the threads and the batch size that were found into the settings file.",
                "見つかったスレッド数とバッチサイズを設定ファイルに書く。",
            ),
        ),
    ] = False,
    use: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT",
            help=words(
                "The format to write settings for, and to be told how to start.",
                "設定を書き、起動方法を表示する形式。",
            ),
        ),
    ] = None,
    quality: Annotated[
        bool,
        typer.Option(help=words("Measure what each format loses.", "形式ごとの損失を測る。")),
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help=words("As JSON.", "JSON で出力する。"))
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help=words(
                "Where models and everything written are.", "モデルや記録を置くディレクトリー。"
            )
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help=words(
                "Settings file. Default: jimae.toml in the data directory.",
                "設定ファイル。既定はデータディレクトリーの jimae.toml。",
            )
        ),
    ] = None,
) -> None:
    import msgspec
    from rich.console import Console

    from jimae.tuning.formats import FORMATS, family
    from jimae.tuning.session import tune as measure
    from jimae.tuning.table import render

    wanted = [format.lower() for format in requantise or []]
    for format in wanted:
        if format not in FORMATS:
            raise typer.BadParameter(
                f"--requantise cannot be '{format}'. It can be: {', '.join(FORMATS)}."
            )
    settings = load(file=config, overrides={"data_dir": data_dir})
    found = family(settings.models_dir, model)
    if wanted:
        _make(found, wanted, settings)
        found = family(settings.models_dir, model)
    if use is not None:
        _chosen(found, use)
    with progress(len(found.files)) as tell:
        report = asyncio.run(measure(found, settings.engine, tell, with_quality=quality))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        console = stdout if sys.stdout.isatty() else Console(highlight=False, width=WIDE)
        console.print(render(report, language()))
    chosen = _chosen(found, use) if use is not None else model
    path = config if config is not None else settings.data_dir / FILE_NAME
    _advise(report, chosen, path, write, said=use is not None)


tune.__doc__ = HELP


def _make(found: Family, formats: list[str], settings: Settings) -> None:
    """Make the model's other formats, one after the other."""
    from jimae.catalogue import registry
    from jimae.tuning.making import make

    entry = registry.load(settings.data_dir).get(found.base.id)
    with progress(len(formats)) as tell:
        for format in formats:

            def each(done: float, format: str = format) -> None:
                tell(f"{found.base.id} → {format}", done)

            asyncio.run(
                make(found.base, entry, format, settings.data_dir, settings.models_dir, each)
            )


def _chosen(found: Family, format: str) -> str:
    """The id of the file in this format. Raises `tune_format_missing`."""
    for file in found.files:
        if format.lower() in (file.format, file.id):
            return file.id
    here = ", ".join(file.format for file in found.files)
    raise JimaeError("tune_format_missing", id=found.base.id, format=format, here=here)


def _advise(report: Report, id: str, path: Path, write: bool, *, said: bool) -> None:
    """Write the settings if told to, and say how to start with the format."""
    line: Line = next(line for line in report.lines if line.id == id)
    values = {"threads": line.measured.speed.threads, "batch": report.batch[id]}
    shown = ", ".join(f"{key} = {value}" for key, value in values.items())
    if write:
        from jimae.tuning.writing import write_model

        write_model(path, id, values)
        _say(
            f"Written to {path}: [model.{id!r}] {shown}",
            f"{path} に書きました: [model.{id!r}] {shown}",
        )
    else:
        _say(
            f"Settings for {id}: {shown}. --write puts them into {path}.",
            f"{id} の設定: {shown}。--write を付けると {path} に書きます。",
        )
    if said:
        _say(f"Start with it: jimae serve --model {id}", f"起動方法: jimae serve --model {id}")


def _say(en: str, ja: str) -> None:
    stderr.print(words(en, ja), markup=False, soft_wrap=True)


@contextmanager
def progress(count: int) -> Iterator[Callable[[str, float], None]]:
    """A bar over `count` pieces of work of about the same size, with the time left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    finished: dict[str, float] = {}
    with Progress(*columns, console=stderr, transient=True, speed_estimate_period=60) as bars:
        task = bars.add_task(words("starting", "開始中"), total=count)

        def tell(what: str, done: float) -> None:
            if what not in finished and not stderr.is_terminal:
                stderr.print(what, markup=False)
            finished[what] = done
            bars.update(task, description=what, completed=sum(finished.values()))

        yield tell
