"""`jimae models`: what there is, what is here, what fits."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from jimae.catalogue import memory, registry
from jimae.catalogue.entry import ATTRIBUTION, Kind, Model
from jimae.catalogue.installed import is_present
from jimae.catalogue.progress import format_size
from jimae.cli.language import language
from jimae.errors import Language
from jimae.settings import Settings, load

if TYPE_CHECKING:
    from rich.table import Table

# The width of the table where there is no terminal to ask.
WIDE = 150


class Line(msgspec.Struct):
    """One model as `--json` prints it. Sizes in bytes, scores from 0 to 1."""

    id: str
    name: str
    kind: Kind
    present: bool
    fits: bool
    memory: int
    size: int
    context: int
    licence: str
    commercial: str
    swallow: float | None
    mt_bench: float | None
    good_at: tuple[str, ...]
    verified: bool
    description: str


def models(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with sizes in bytes.")] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where this server keeps everything.", show_default=False),
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="Language of the list: en or ja.", show_default=False)
    ] = None,
) -> None:
    """List the models of the catalogue.

    Says of each whether it is on this machine, whether it fits the memory (the
    weights and room for the conversations of the setting engine.kv_tokens), its
    size, its licence and how well it does in Japanese. `jimae pull ID` brings one.

    Your own entries go into the folder `catalogue` of the data directory, one TOML
    file each, in the form of the ones in `models/`.
    """
    settings = load(overrides={"data_dir": data_dir})
    speaks = language(lang)
    lines = [_line(model, settings, speaks) for model in registry.load(settings.data_dir)]
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(lines), indent=2).decode())
        return
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    console.print(_table(lines, speaks))
    room = format_size(memory.available())
    if speaks == "ja":
        console.print(f"モデルに使えるメモリ: {room}。* は配布元と未照合、! は利用条件つきです。")
    else:
        console.print(
            f"Memory for a model: {room}. * not compared with its publisher's files, "
            "! conditions of use."
        )
    console.print(ATTRIBUTION)


def _line(model: Model, settings: Settings, speaks: Language) -> Line:
    engine = settings.engine
    return Line(
        id=model.id,
        name=model.name,
        kind=model.kind,
        present=is_present(settings.models_dir, model),
        fits=memory.fits(model, engine.kv_tokens, engine.kv_type),
        memory=memory.needed(model, engine.kv_tokens, engine.kv_type),
        size=model.size,
        context=model.context,
        licence=model.licence.spdx,
        commercial=model.licence.commercial,
        swallow=model.scores.swallow,
        mt_bench=model.scores.mt_bench,
        good_at=model.good_at.ja if speaks == "ja" else model.good_at.en,
        verified=model.verified,
        description=model.description.ja if speaks == "ja" else model.description.en,
    )


def _table(lines: list[Line], speaks: Language) -> Table:
    from rich.table import Table

    ja = speaks == "ja"
    table = Table(box=None, pad_edge=False)
    # A whole id is what one types: it is never cut.
    table.add_column("ID", no_wrap=True)
    table.add_column("有無" if ja else "Here")
    table.add_column("メモリ" if ja else "Memory", no_wrap=True)
    table.add_column("サイズ" if ja else "Size", justify="right", no_wrap=True)
    table.add_column("ライセンス" if ja else "Licence")
    table.add_column("日本語 平均/MT" if ja else "Japanese avg/MT", no_wrap=True)
    table.add_column("得意" if ja else "Good at")
    for line in lines:
        table.add_row(
            line.id + ("" if line.verified else " *"),
            ("あり" if ja else "yes") if line.present else "",
            _fit(line, ja),
            format_size(line.size),
            line.licence + ("" if line.commercial == "allowed" else " !"),
            _scores(line),
            ("、" if ja else ", ").join(line.good_at),
        )
    return table


def _fit(line: Line, ja: bool) -> str:
    size = format_size(line.memory)
    if line.fits:
        return f"{size} ○" if ja else f"{size} fits"
    return f"{size} 不足" if ja else f"{size} too big"


def _scores(line: Line) -> str:
    if line.swallow is None and line.mt_bench is None:
        return "-"
    return "/".join("-" if s is None else f"{s:.3f}"[1:] for s in (line.swallow, line.mt_bench))
