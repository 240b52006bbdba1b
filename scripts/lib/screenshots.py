"""scripts/screenshots: the pictures of the web page in docs/images."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lib.places import ROOT, VENV_PYTHON
from lib.setup import set_up
from lib.shell import attached


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/screenshots",
        description="Take the pictures in docs/images again, in a real browser. The answer in "
        "them is a written example, so that they change only when the page does.",
    )
    parser.parse_args(arguments)
    set_up(test=True)
    path = f"{ROOT / 'server'}:{ROOT / 'tests'}"
    return attached([VENV_PYTHON, "-m", "browser.pictures"], env={"PYTHONPATH": path})
