"""scripts/start: set up, get a model, serve."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence

from lib.places import JIMAE, ROOT
from lib.setup import set_up
from lib.shell import SetupError, attached, environment

DESCRIPTION = """\
Sets everything up, gets a model, and serves the web chat and the API.

The first time takes about ten minutes on two cores, most of it for compiling
llama-cpp-python; after that it starts in seconds. Ctrl+C stops it.
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/start",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Other options go to `jimae serve`; `.venv/bin/jimae serve --help` lists them.",
    )
    parser.add_argument("--port", help="port to listen on (default 8080)")
    parser.add_argument(
        "--host",
        help="address to listen on (default 127.0.0.1); others need an administrator's account",
    )
    parser.add_argument(
        "--model", help="id from `jimae models` (default: the best one that fits this machine)"
    )
    parser.add_argument(
        "--data-dir", help="where models and data are kept (default ~/.local/share/jimae)"
    )
    options, others = parser.parse_known_args(arguments)

    set_up()
    data_dir = ["--data-dir", options.data_dir] if options.data_dir else []
    pull = [str(JIMAE), "pull", options.model or "--default", *data_dir]
    # What it prints on standard output is for scripts: the id. Its progress is not lost.
    if (status := attached(pull, stdout=subprocess.DEVNULL)) != 0:
        raise SetupError("there is no model to serve.", f"{' '.join(pull)}  (exit status {status})")

    serve = [str(JIMAE), "serve", *data_dir]
    for name in ("port", "host", "model"):
        if value := getattr(options, name):
            serve += [f"--{name}", value]
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(JIMAE, [*serve, *others], environment())  # noqa: S606  # this becomes the server
