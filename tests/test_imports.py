"""The import contracts of pyproject.toml: each is broken once, in a copy, to see it fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).with_name("lint-imports")


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINT), "--no-logo", "--no-cache"],
        cwd=root,
        env={"PYTHONPATH": str(root / "server"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts, to be damaged."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(
        ROOT / "server" / "jimae",
        tmp_path / "server" / "jimae",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return tmp_path


def add(root: Path, module: str, line: str) -> None:
    file = root / "server" / "jimae" / module
    file.parent.mkdir(exist_ok=True)
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")


def test_the_contracts_are_kept(copy: Path) -> None:
    result = lint(copy)

    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("api/__init__.py", "import llama_cpp", "Only the room llama imports the binding"),
        ("engine/__init__.py", "from llama_cpp import Llama", "Only the room llama imports"),
        ("service/__init__.py", "import jimae.api.errors", "Rooms import downwards only"),
        ("types.py", "import jimae.settings", "Rooms import downwards only"),
        ("engine/__init__.py", "import jimae.chat", "Rooms import downwards only"),
        ("worker/protocol.py", "import jimae.settings", "depend on no room"),
        ("worker/client.py", "import jimae.worker.main", "never loads what runs a model"),
        ("worker/backend.py", "import jimae.engine", "never loads what runs a model"),
        ("service/service.py", "import jimae.worker.client", "Only the command line chooses"),
        ("process.py", "import jimae.errors", "Rooms import downwards only"),
        ("tuning/client.py", "import jimae.tuning.child", "never loads what runs a model"),
        ("tuning/session.py", "import jimae.tuning.speed", "never loads what runs a model"),
        ("new_room/__init__.py", "", "new_room"),
    ],
)
def test_an_import_that_goes_the_wrong_way_is_found(
    copy: Path, module: str, line: str, broken: str
) -> None:
    add(copy, module, line)

    result = lint(copy)

    assert result.returncode == 1
    assert broken in result.stdout


def test_the_serving_process_has_not_loaded_the_binding() -> None:
    """What the contracts say of the text, seen in a running interpreter."""
    program = (
        "import sys; import jimae.api.app, jimae.cli.lazy, jimae.worker.client; "
        "[jimae.cli.lazy.loaded(name) for name in jimae.cli.lazy.COMMANDS]; "
        "print([name for name in ('llama_cpp', 'jimae.engine', 'jimae.llama') "
        "if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "server")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[]"
