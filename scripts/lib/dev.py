"""scripts/dev: the server and the page's own dev server, both reloading."""

from __future__ import annotations

import argparse
import signal
import subprocess
import time
from collections.abc import Sequence

from lib import page
from lib.places import JIMAE, ROOT
from lib.setup import set_up
from lib.shell import environment

WATCHED = ROOT / "server"
LOOK_SECONDS = 1.0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/dev",
        description="Serve for development: the API restarts when a Python file changes, the web "
        "page reloads in the browser. Models have to be there (scripts/start gets one).",
    )
    parser.add_argument("--port", default="8080", help="port of the API (default 8080)")
    parser.add_argument("--page-port", default="5173", help="port of the page (default 5173)")
    options, others = parser.parse_known_args(arguments)
    set_up(test=True)

    command, env = page.npm("run", "dev", "--", "--port", options.page_port, "--strictPort")
    env["API_URL"] = f"http://127.0.0.1:{options.port}"
    web = subprocess.Popen(command, env=environment(env), cwd=ROOT)
    server = [str(JIMAE), "serve", "--port", options.port, *others]
    print(f"The page: http://127.0.0.1:{options.page_port}   Ctrl+C stops both.", flush=True)
    try:
        _serve_and_reload(server)
    finally:
        web.send_signal(signal.SIGINT)
        web.wait()
    return 0


def _serve_and_reload(command: Sequence[str]) -> None:
    """Run the server; start it again when a file changed or it ended and a file changes."""
    while True:
        seen = _state()
        server = subprocess.Popen(command, env=environment(), cwd=ROOT)
        try:
            while _state() == seen:
                time.sleep(LOOK_SECONDS)
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
            server.wait()
        print("A file changed: starting again.", flush=True)


def _state() -> dict[str, int]:
    """When each Python file was changed last."""
    return {str(file): file.stat().st_mtime_ns for file in WATCHED.rglob("*.py")}
