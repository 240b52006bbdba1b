"""Where things are: in the checkout, and on the machine for every checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
JIMAE = VENV / "bin" / "jimae"
WEBUI = ROOT / "webui"
NODE_CLIENTS = ROOT / "tests" / "node"

CACHE = ROOT / ".cache"
STAMPS = CACHE / "stamps"
LOG = CACHE / "setup.log"


def user_cache() -> Path:
    """Tools, the compiled llama-cpp-python and test models, shared by every checkout."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "jimae"


def test_models() -> Path:
    """Weights that tests use. Not the data directory of a server."""
    given = os.environ.get("TEST_MODELS_DIR")
    return Path(given) if given else user_cache() / "models"


def python() -> str:
    """The interpreter that the environment is made with: the one that runs this."""
    return sys.executable
