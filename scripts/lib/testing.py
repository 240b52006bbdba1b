"""scripts/test: set up, check, and run every test."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lib import page
from lib.checks import run_checks
from lib.places import ROOT, VENV_PYTHON, WEBUI, test_models
from lib.setup import set_up
from lib.shell import SetupError, attached

DESCRIPTION = """\
Sets everything up and runs every check and every test: Python, the web page,
a real browser, real weights.

A test or a few that fail beside the others run once more, alone. Where they pass then,
the run passes and names them: each has a race that is to be mended.

With arguments it runs only pytest, in one process, with them: scripts/test tests/api -x
"""

PLUGINS: Final = ("-p", "tests.skip_guard")
# One more than two cores: who drives a browser or waits for a command needs less than half of one.
SIDE_BY_SIDE: Final = ("-p", "tests.side_by_side", "-n", "3")

# More failures than this are no accident of two tests on one machine.
MOST_AGAIN: Final = 3
# pytest's own list of what failed when it last ran.
LAST_FAILED: Final = Path(".pytest_cache", "v", "cache", "lastfailed")
TESTS_FAILED: Final = 1


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="scripts/test [pytest arguments]",
        add_help=not arguments or arguments[0] in {"-h", "--help"},
    )
    _, pytest_arguments = parser.parse_known_args(arguments)
    set_up(test=True)
    if pytest_arguments:
        return _pytest(ROOT, PLUGINS, *pytest_arguments)
    if not run_checks():
        raise SetupError("scripts/check found something; the tests did not run.", "see above.")
    _test_page()
    return run_all(ROOT, PLUGINS, SIDE_BY_SIDE)


def run_all(root: Path, plugins: Sequence[str], together: Sequence[str]) -> int:
    """Run every test of a project; return pytest's status.

    Up to `MOST_AGAIN` that failed are run once more with nothing beside them, and if they pass
    then, the run is good and says so of each.
    """
    status = _pytest(root, plugins, *together)
    if status != TESTS_FAILED:
        return status
    failed = last_failed(root)
    if not 0 < len(failed) <= MOST_AGAIN:
        return status
    _print("These failed beside the others and run once more, alone:", failed)
    status = _pytest(root, plugins, *failed)
    if status == 0:
        _print("Failed beside the others and passed alone. Mend the race of each:", failed)
    return status


def last_failed(root: Path) -> list[str]:
    """The node ids of what failed in the last run; empty if pytest left none."""
    path = root / LAST_FAILED
    return sorted(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def _pytest(root: Path, plugins: Sequence[str], *arguments: str) -> int:
    return attached(
        [VENV_PYTHON, "-m", "pytest", *plugins, *arguments],
        # Hundreds of processes import the same modules: they are compiled once.
        env={"TEST_MODELS_DIR": str(test_models()), "PYTHONDONTWRITEBYTECODE": ""},
        cwd=root,
    )


def _print(said: str, names: Sequence[str]) -> None:
    print(f"\n{said}", *names, sep="\n  ", flush=True)


def _test_page() -> None:
    started = time.monotonic()
    command, env = page.npm("test")
    if attached(command, env=env) != 0:
        raise SetupError("a test of the web page failed.", f"in {WEBUI}: npm test")
    print(f"ok     tests of the web page ({time.monotonic() - started:.1f} s)", flush=True)
