"""`jimae bench`: measure servers side by side."""

from __future__ import annotations

import random
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from jimae.cli.console import language, stderr, stdout, words

_SCENARIO_HELP = words(
    "What to measure; repeat it for several. By default all of single, many, shared-prefix, "
    "shared-prefix-cold, long-prompt-arrives, fair and turns; soak only when named.",
    "計測する場面。複数なら繰り返す。既定は single、many、shared-prefix、shared-prefix-cold、"
    "long-prompt-arrives、fair、turns のすべて。soak は指定したときだけ。",
)
_PEER_HELP = words(
    "Build (once), start and measure this one too: llama-server, or "
    "llama-server-small-batch, which stalls readers less and reads prompts more slowly.",
    "これもビルド（初回のみ）、起動して計測する: llama-server、または読み手を待たせにくいが"
    "入力の読み込みが遅い llama-server-small-batch。",
)


HELP = words(
    """Measure OpenAI-compatible servers side by side.

    Servers take turns in every run, so their ratios hold even where the machine's
    speed wanders. First tokens, gaps between tokens, throughput and failures are
    measured from outside, over HTTP, in the same way for all.

    Examples:

      jimae bench http://127.0.0.1:8080 --model qwen2.5-coder-1.5b --scenario single

      jimae bench --label ours=http://127.0.0.1:8080 --model qwen2.5-coder-1.5b
      --peer llama-server --model-file qwen2.5-coder-1.5b.gguf --json o.json --plot o.svg

    --peer builds llama-server from the llama.cpp that jimae itself runs on: once, in
    some minutes.
    """,
    """OpenAI 互換のサーバーを並べて計測します。

    毎回サーバーを交互に計測するので、マシンの速さが揺れても比は比べられます。
    最初の文字まで、文字の間隔、速さ、失敗を、どのサーバーも同じように外から
    HTTP で計測します。

    例:

      jimae bench http://127.0.0.1:8080 --model qwen2.5-coder-1.5b --scenario single

      jimae bench --label ours=http://127.0.0.1:8080 --model qwen2.5-coder-1.5b
      --peer llama-server --model-file qwen2.5-coder-1.5b.gguf --json o.json --plot o.svg

    --peer は、jimae と同じ llama.cpp から llama-server を一度だけ（数分）ビルドします。
    """,
)


def bench(
    model: Annotated[
        str, typer.Option(help=words("The model to ask for.", "計測するモデルの ID。"))
    ],
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="URL",
            help=words(
                "Servers, such as http://127.0.0.1:8080",
                "サーバーの URL。例: http://127.0.0.1:8080",
            ),
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=URL",
            help=words("A server, with its name in the table.", "表での名前を付けたサーバー。"),
        ),
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(metavar="NAME", help=_SCENARIO_HELP)] = None,
    users: Annotated[
        int, typer.Option(min=1, help=words("Users at once.", "同時の利用者数。"))
    ] = 8,
    runs: Annotated[
        int,
        typer.Option(
            min=1,
            help=words("Runs; the table has their median.", "繰り返す回数。表は中央値を示す。"),
        ),
    ] = 3,
    minutes: Annotated[
        float, typer.Option(min=0.01, help=words("How long soak lasts.", "soak の長さ（分）。"))
    ] = 10,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=words(
                "What ratios are to; the last server by default.",
                "比の基準。既定は最後のサーバー。",
            ),
        ),
    ] = None,
    peer: Annotated[list[str] | None, typer.Option(metavar="NAME", help=_PEER_HELP)] = None,
    model_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=words(
                "The GGUF file; the peer serves it.", "GGUF ファイル。--peer のサーバーが使う。"
            ),
        ),
    ] = None,
    peer_args: Annotated[
        str,
        typer.Option(
            help=words(
                "More arguments for the peer's command, in one string.",
                "--peer の起動コマンドに加える引数（1 つの文字列）。",
            )
        ),
    ] = "",
    api_key: Annotated[
        str | None,
        typer.Option(
            help=words(
                "Sent as a bearer token, not to the peer.",
                "Bearer トークンとして送る。--peer には送らない。",
            )
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help=words(
                "Repeats the prompts of another measurement.", "別の計測と同じプロンプトを使う。"
            )
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help=words(
                "Write everything measured to this file.", "計測したすべてをこのファイルに書く。"
            ),
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help=words(
                "Draw the headlines to this SVG file.", "主な結果をこの SVG ファイルに描く。"
            )
        ),
    ] = None,
) -> None:
    from jimae.bench.compare import Plan
    from jimae.bench.peer import PROFILES, PeerOptions
    from jimae.bench.plan import DEFAULT, SCENARIOS
    from jimae.bench.scenarios import READERS
    from jimae.bench.session import Request, Target, measure
    from jimae.bench.table import render

    names, profiles = scenario or list(DEFAULT), peer or []
    require_known("--scenario", names, SCENARIOS)
    require_known("--peer", profiles, PROFILES)
    targets = [Target(name, url) for name, url in named_servers(urls or [], label or [])]
    labels = [target.label for target in targets] + profiles
    if not labels:
        raise typer.BadParameter("Name at least one server: a URL, --label or --peer.")
    for name in labels:
        if labels.count(name) > 1:
            raise typer.BadParameter(f"Two servers are called {name}; use --label NAME=URL.")
    require_known("--baseline", [baseline or labels[-1]], labels)
    peers: list[PeerOptions] = []
    if profiles:
        if model_file is None:
            raise typer.BadParameter("--peer needs --model-file, the GGUF file that it serves.")
        extra = tuple(shlex.split(peer_args))
        # Otherwise its readers would wait for each other, and not for the long prompt.
        slots = max(users, READERS + 1)
        peers = [PeerOptions(name, model_file, slots, extra=extra) for name in profiles]

    plan = Plan(
        scenarios=[SCENARIOS[name] for name in names],
        runs=runs,
        users=users,
        minutes=minutes,
        seed=random.SystemRandom().randrange(2**32) if seed is None else seed,
        baseline=baseline or labels[-1],
    )
    request = Request(targets, peers, model, plan, api_key, model_file, json_file, plot)
    report = measure(request, lambda line: stderr.print(line, style="dim", markup=False))
    stdout.print(render(report, language()))


bench.__doc__ = HELP


def named_servers(urls: Sequence[str], labels: Sequence[str]) -> list[tuple[str, str]]:
    """(name, URL) of each server: plain URLs are named by their host and port."""
    found: list[tuple[str, str]] = []
    for url in urls:
        found.append((urlsplit(url).netloc or url, url))
    for text in labels:
        name, separator, url = text.partition("=")
        if not (name and separator and url):
            raise typer.BadParameter(f"--label is '{text}'; write it as NAME=URL.")
        found.append((name, url))
    for _, url in found:
        if urlsplit(url).scheme not in ("http", "https"):
            raise typer.BadParameter(f"'{url}' is not a URL; write http://host:port.")
    return found


def require_known(
    option: str, names: Sequence[str], known: Sequence[str] | Mapping[str, object]
) -> None:
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{option} cannot be '{name}'. It can be: {', '.join(known)}.")
