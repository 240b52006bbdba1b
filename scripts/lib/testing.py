"""scripts/test: set up, check, and run every test."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Final

from lib import page
from lib.checks import run_checks
from lib.places import VENV_PYTHON, WEBUI, test_models
from lib.setup import set_up
from lib.shell import SetupError, attached

DESCRIPTION = """\
Sets everything up and runs every check and every test: Python, the web page,
a real browser, real weights.

With arguments it runs only pytest, in one process, with them: scripts/test tests/api -x
"""

PLUGINS: Final = ("-p", "tests.skip_guard")
# Two are enough for a machine of two cores, and one test of weights takes as many by itself.
SIDE_BY_SIDE: Final = ("-p", "tests.side_by_side", "-n", "2")


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
    if not pytest_arguments:
        if not run_checks():
            raise SetupError("scripts/check found something; the tests did not run.", "see above.")
        _test_page()
    return attached(
        [VENV_PYTHON, "-m", "pytest", *PLUGINS, *(pytest_arguments or SIDE_BY_SIDE)],
        # Hundreds of processes import the same modules: they are compiled once.
        env={"TEST_MODELS_DIR": str(test_models()), "PYTHONDONTWRITEBYTECODE": ""},
    )


def _test_page() -> None:
    started = time.monotonic()
    command, env = page.npm("test")
    if attached(command, env=env) != 0:
        raise SetupError("a test of the web page failed.", f"in {WEBUI}: npm test")
    print(f"ok     tests of the web page ({time.monotonic() - started:.1f} s)", flush=True)
