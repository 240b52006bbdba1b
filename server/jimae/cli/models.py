"""`jimae models`: what there is, what is here, what fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import msgspec
import typer

from jimae.catalogue import memory, registry
from jimae.catalogue.entry import ATTRIBUTION, Kind, Model
from jimae.catalogue.gguf_header import Header
from jimae.catalogue.installed import file_path, is_present
from jimae.catalogue.misnamed import differences
from jimae.catalogue.progress import format_size
from jimae.cli.client import Client, ServedModel
from jimae.cli.console import DATA_HELP, show_warning, words
from jimae.cli.language import language
from jimae.cli.tables import Column, show, wide
from jimae.errors import JimaeError, Language
from jimae.service.able import header_of
from jimae.service.drafts import draft_header
from jimae.service.misnamed import misnamed
from jimae.settings import Settings, load

HELP = words(
    """List the models of the catalogue.

    Says of each whether it is on this machine, whether it fits the memory (the
    weights and room for the conversations of the setting engine.kv_tokens), its
    size, its licence and how well it does in Japanese. `jimae pull ID` brings one.
    Below are the models that the server on this machine, if it runs, has loaded.

    Your own entries go into the folder `catalogue` of the data directory, one TOML
    file each, in the form of the ones in `models/`. Where reasoning or calls are read
    wrongly from what a model writes, `parser` in its entry names another family than
    the one that GET /v1/models says; an unknown name is answered with those there are.
    """,
    """カタログにあるモデルの一覧です。

    モデルごとに、このマシンにあるか、メモリーに収まるか（重みと、設定 engine.kv_tokens の
    会話の分）、サイズ、ライセンス、日本語の成績を示します。取得は `jimae pull ID` です。
    その下は、このマシンで動いているサーバーが読み込んだモデルです。

    独自のモデルは、データディレクトリーの `catalogue` フォルダーに、1 つにつき 1 つの TOML
    ファイルを `models/` と同じ形で置きます。モデルの出力から思考やツール呼び出しが正しく
    読み取られないときは、その中の `parser` に、GET /v1/models が示すものとは別の系列を
    指定します。知らない名前には、使える名前の一覧を返します。
    """,
)
JSON_HELP = words("As JSON, with sizes in bytes.", "JSON で出力（サイズはバイト単位）。")
LANG_HELP = words("Language of the list: en or ja.", "一覧の言語。en か ja。")

# The server is on this machine: it answers within this, or it does not run.
ASK_SECONDS = 2.0


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
    # What the file here says of itself that the catalogue does not: it is another model.
    differs: tuple[str, ...]
    served: ServedModel | None


def models(
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help=DATA_HELP, show_default=False),
    ] = None,
    lang: Annotated[str | None, typer.Option(help=LANG_HELP, show_default=False)] = None,
) -> None:
    settings = load(overrides={"data_dir": data_dir})
    speaks = language(lang)
    served = _served(settings, speaks)
    catalogue = registry.load(settings.data_dir)
    lines = [_line(model, settings, speaks, served.get(model.id)) for model in catalogue]
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(lines), indent=2).decode())
        return
    _show(lines, speaks == "ja")
    console = wide()
    room = format_size(memory.available())
    if speaks == "ja":
        console.print(f"モデルに使えるメモリー: {room}。* は配布元と未照合、! は利用条件つきです。")
    else:
        console.print(
            f"Memory for a model: {room}. * not compared with its publisher's files, "
            "! conditions of use."
        )
    for one in served.values():
        if one.memory is not None:
            console.print(_loaded(one, speaks == "ja"))
    console.print(ATTRIBUTION)
    files = {model.id: file_path(settings.models_dir, model) for model in catalogue}
    for told in misnamed(files, catalogue):
        show_warning(told, speaks)


models.__doc__ = HELP


def _served(settings: Settings, speaks: Language) -> dict[str, ServedModel]:
    """What the server with these settings tells of its models, by id; nothing if none runs."""
    host = f"[{settings.server.host}]" if ":" in settings.server.host else settings.server.host
    client = Client(f"http://{host}:{settings.server.port}", speaks, httpx.Timeout(ASK_SECONDS))
    try:
        return {model.id: model for model in client.models()}
    except JimaeError:  # none is running: that is no failure of a list
        return {}
    finally:
        client.close()


def _loaded(model: ServedModel, ja: bool) -> str:
    """One sentence about a model in memory."""
    if model.memory is None or model.use is None:
        return f"{model.id}: {model.state}"
    estimated = format_size(model.memory.estimated)
    measured = "-" if model.memory.measured is None else format_size(model.memory.measured)
    words = [f"{model.id}: {model.state}"]
    if model.load is not None:
        words.append(f"{model.load.progress:.0%}")
    words.append(
        f"メモリー {measured}（見積もり {estimated}）"
        if ja
        else f"{measured} of memory (estimated {estimated})"
    )
    if model.use.requests:
        words.append(f"使用中 {model.use.requests} 件" if ja else f"{model.use.requests} in use")
    else:
        idle = duration(model.use.idle)
        words.append(f"最終使用 {idle}前" if ja else f"last used {idle} ago")
    if model.use.expires is not None:
        expires = duration(model.use.expires)
        words.append(f"未使用なら {expires}後に解放" if ja else f"leaves in {expires} if not used")
    return ("、" if ja else ", ").join(words)


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`: as much as one wants to read."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _line(model: Model, settings: Settings, speaks: Language, served: ServedModel | None) -> Line:
    present = is_present(settings.models_dir, model)
    path = file_path(settings.models_dir, model)
    header = _header(path)
    need = _need(model, settings, header if present else None)
    other = [] if header is None else differences(model, header, path.stat().st_size)
    return Line(
        id=model.id,
        name=model.name,
        kind=model.kind,
        present=present,
        fits=need <= memory.available(),
        memory=need,
        size=model.size,
        context=model.context,
        licence=model.licence.spdx,
        commercial=model.licence.commercial,
        swallow=model.scores.swallow,
        mt_bench=model.scores.mt_bench,
        good_at=model.good_at.ja if speaks == "ja" else model.good_at.en,
        verified=model.verified,
        description=model.description.ja if speaks == "ja" else model.description.en,
        differs=tuple(map(str, other)),
        served=served,
    )


def _header(path: Path) -> Header | None:
    try:
        return header_of(path)
    except (JimaeError, OSError):  # a load says what is wrong with it; the list stays whole
        return None


def _need(model: Model, settings: Settings, header: Header | None) -> int:
    """Bytes it takes when it runs: of a file that is here, what the server reckons with."""
    engine = settings.for_model(model.id).engine
    if header is None or model.kind == "embedding":
        return memory.needed(model, engine.kv_tokens, engine.kv_type)
    return memory.estimate(header, engine, draft_header(settings, model.id)).total


def _show(lines: list[Line], ja: bool) -> None:
    columns = (
        Column("ID", whole=True),  # a whole id is what one types
        Column("有無" if ja else "Here", whole=True),
        Column("メモリー" if ja else "Memory", whole=True),
        Column("サイズ" if ja else "Size", right=True),
        Column("ライセンス" if ja else "Licence"),
        Column("日本語 平均/MT" if ja else "Japanese avg/MT", whole=True),
        Column("得意" if ja else "Good at"),
    )
    rows = [
        (
            line.id + ("" if line.verified else " *"),
            _here(line, ja),
            _fit(line, ja),
            format_size(line.size),
            line.licence + ("" if line.commercial == "allowed" else " !"),
            _scores(line),
            ("、" if ja else ", ").join(line.good_at),
        )
        for line in lines
    ]
    show(columns, rows)


def _here(line: Line, ja: bool) -> str:
    if line.differs:
        return "別のモデル" if ja else "another"
    if line.present:
        return "あり" if ja else "yes"
    return ""


def _fit(line: Line, ja: bool) -> str:
    size = format_size(line.memory)
    if line.fits:
        return f"{size} ○" if ja else f"{size} fits"
    return f"{size} 不足" if ja else f"{size} too big"


def _scores(line: Line) -> str:
    if line.swallow is None and line.mt_bench is None:
        return "-"
    return "/".join("-" if s is None else f"{s:.3f}"[1:] for s in (line.swallow, line.mt_bench))
