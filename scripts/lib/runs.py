"""Long runs by name: scripts/prove and scripts/measure.

A run is a Python file in scripts/proofs/ or scripts/measurements/. Its name is
the file's, its docstring's first line says what it shows, and it is run as a
program of its own in .venv, with the arguments that follow the name. Exit
status 0 means proved.
"""

from __future__ import annotations

import argparse
import ast
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from lib.places import ROOT, VENV_PYTHON, test_models
from lib.shell import SetupError, attached
from lib.steps import duration


def runs(folder: Path) -> dict[str, Path]:
    """The runs in `folder` by name; `worker_kills.py` is `worker-kills`."""
    return {file.stem.replace("_", "-"): file for file in sorted(folder.glob("[a-z]*.py"))}


def summary(file: Path) -> str:
    """First line of the file's docstring."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def main_for(command: str, folder: Path, purpose: str, arguments: Sequence[str]) -> int:
    """List the runs, or run those that are named; `all` runs every one."""
    known = runs(folder)
    parser = argparse.ArgumentParser(
        prog=f"scripts/{command}",
        description=purpose,
        epilog="Without a name it lists what there is. What follows the names is passed on.",
    )
    parser.add_argument("name", nargs="*", help="what to run, or `all`")
    names = list(takewhile(lambda each: not each.startswith("-"), arguments))
    others = arguments[len(names) :]
    if others and not names:
        parser.parse_args(others)
    if not names:
        width = max(map(len, known), default=0)
        for name, file in known.items():
            print(f"{name:<{width}}  {summary(file)}")
        if not known:
            print(f"There is nothing in {folder.relative_to(ROOT)} yet.")
        return 0
    for name in names:
        if name != "all" and name not in known:
            raise SetupError(f"there is no '{name}'.", f"one of: {', '.join(known)}")
    chosen = known if "all" in names else {name: known[name] for name in names}
    results = [_run(name, file, others) for name, file in chosen.items()]
    return 0 if all(results) else 1


def _run(name: str, file: Path, arguments: Sequence[str]) -> bool:
    started = time.monotonic()
    print(f"== {name}: {summary(file)}", flush=True)
    env = {
        "TEST_MODELS_DIR": str(test_models()),
        "PYTHONPATH": f"{ROOT / 'server'}:{ROOT / 'tests'}:{ROOT / 'scripts'}",
    }
    good = attached([VENV_PYTHON, file, *arguments], env=env) == 0
    took = duration(time.monotonic() - started)
    print(f"== {name}: {'good' if good else 'FAILED'} after {took}", flush=True)
    return good
