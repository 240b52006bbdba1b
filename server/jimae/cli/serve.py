"""`jimae serve`: run the server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jimae.cli.console import show_error, show_warning, stdout, tell_data_dir, words
from jimae.errors import JimaeError
from jimae.settings import Settings, load

if TYPE_CHECKING:
    from jimae.service.models import BackendFactory
    from jimae.service.service import Service

HELP = words(
    """Serve the chat page and the API on this machine.

    Examples:

      jimae serve

      jimae serve --port 9000 --model qwen2.5-coder-1.5b

      JIMAE_ENGINE__PARALLEL=8 jimae serve --data-dir /srv/jimae

    The page is at http://127.0.0.1:8080, the API at http://127.0.0.1:8080/v1.
    Ctrl+C stops: running answers are waited for, and a second Ctrl+C ends them.
    """,
    """チャット画面と API を、このマシンで動かします。

    例:

      jimae serve

      jimae serve --port 9000 --model qwen2.5-coder-1.5b

      JIMAE_ENGINE__PARALLEL=8 jimae serve --data-dir /srv/jimae

    画面は http://127.0.0.1:8080、API は http://127.0.0.1:8080/v1 です。
    Ctrl+C で停止します。書きかけの回答を待ち、もう一度押すとすぐに終えます。
    """,
)
HOST_HELP = words(
    "Address to listen on. Others than this machine's own need an administrator.",
    "待ち受けアドレス。このマシンの外に開くには管理者が必要です。",
)
PORT_HELP = words(
    "Port; 0 picks a free one. Default: 8080.", "ポート。0 なら空きを選びます。既定は 8080。"
)
MODEL_HELP = words("Model to load at start.", "開始時に読み込むモデル。")
ALONE = words(
    "Without accounts, only this machine is answered. To make the first administrator: "
    "jimae users add NAME --role admin, or jimae users setup-code for the page.",
    "アカウントがない間は、このマシンからだけ使えます。最初の管理者を作るには: "
    "jimae users add 名前 --role admin（画面で作るには jimae users setup-code）。",
)
DATA_HELP = words(
    "Where models and everything written are.", "モデルと書き込み先のディレクトリー。"
)
CONFIG_HELP = words(
    "Settings file. Default: jimae.toml in the data directory.",
    "設定ファイル。既定はデータディレクトリーの jimae.toml。",
)


def serve(
    host: Annotated[str | None, typer.Option(help=HOST_HELP)] = None,
    port: Annotated[int | None, typer.Option(help=PORT_HELP)] = None,
    model: Annotated[str | None, typer.Option(help=MODEL_HELP)] = None,
    data_dir: Annotated[Path | None, typer.Option(help=DATA_HELP)] = None,
    config: Annotated[Path | None, typer.Option(help=CONFIG_HELP)] = None,
) -> None:
    settings = load(
        file=config,
        overrides={
            "server.host": host,
            "server.port": port,
            "models.default": model,
            "data_dir": data_dir,
        },
    )
    # Here, so that `jimae --help` need not wait for what only the server needs.
    from jimae.worker.client import LocalBackend

    run(settings, LocalBackend)


def run(settings: Settings, make: BackendFactory) -> None:
    """Serve with these settings until a signal."""
    from jimae.api import server
    from jimae.service.service import Service

    service = Service(settings, make)
    server.run(settings, service, Announcement(service))


class Announcement:
    """Tells where the server is, what it loads, and when it can answer."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, url: str) -> None:
        model = self._service.models.files.default_id()
        stdout.print(words("jimae is at", "jimae はこちらです:"), f"[bold]{url}[/]")
        if stdout.is_terminal and not await self._service.accounts.are_there():
            stdout.print(ALONE)
            tell_data_dir(stdout)
        for told in await asyncio.to_thread(self._service.models.files.misnamed):
            show_warning(told)
        stdout.print(words(f"Loading {model} …", f"{model} を読み込んでいます…"))
        backend = await self._service.models.get(model)
        try:
            info = await backend.wait_ready()
        except JimaeError as error:
            show_error(error)
            return
        seconds = f"{info.load_seconds:.1f}"
        stdout.print(
            words(f"Ready. It took {seconds} s.", f"準備ができました（{seconds} 秒）。"),
            words("Ctrl+C stops.", "Ctrl+C で停止します。"),
        )


serve.__doc__ = HELP
