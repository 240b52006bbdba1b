"""`jimae`: the commands, their help, and what they do not import."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import jimae
from fakes.process import ENVIRONMENT
from jimae.cli.console import printable
from jimae.cli.lazy import COMMANDS

LISTED = COMMANDS.items()
DATABASE = {"sqlalchemy", "alembic", "psycopg", "cryptography", "argon2"}
SERVER = {"fastapi", "starlette", "uvicorn", "sse_starlette", "numpy"}


def run(*arguments: str, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=ENVIRONMENT | {"LANG": language},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("language", "word"), [("C.UTF-8", "your own machine"), ("ja_JP.UTF-8", "自分のマシン")]
)
def test_help_names_every_command(language: str, word: str) -> None:
    shown = run("-m", "jimae.cli.main", "--help", language=language)
    assert shown.returncode == 0
    assert word in shown.stdout
    for command in ("serve", "pull", "models", "chat", "version"):
        assert f" {command} " in shown.stdout


@pytest.mark.parametrize("command", ["serve", "chat"])
def test_help_teaches_with_examples(command: str) -> None:
    shown = run("-m", "jimae.cli.main", command, "--help").stdout
    assert "Examples:" in shown
    assert f"jimae {command}" in shown


def test_version() -> None:
    shown = run("-m", "jimae.cli.main", "version")
    assert shown.stdout.startswith(f"jimae {jimae.__version__} ")


def test_unknown_command_has_code_2() -> None:
    assert run("-m", "jimae.cli.main", "sing").returncode == 2


@pytest.mark.parametrize("language", ["C.UTF-8", "ja_JP.UTF-8"])
def test_the_list_says_of_each_command_what_its_own_help_begins_with(language: str) -> None:
    code = (
        "import json; from jimae.cli.lazy import COMMANDS, loaded; "
        "print(json.dumps({name: loaded(name).help for name in COMMANDS}))"
    )
    done = run("-c", code, language=language)
    helps = {name: text.partition("\n\n")[0] for name, text in json.loads(done.stdout).items()}
    told = {name: text.ja if language.startswith("ja") else text.en for name, text in LISTED}
    assert helps == told


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        (["--help"], {*DATABASE, *SERVER, "pydantic", "httpx", "msgspec"}),
        (["sing"], {*DATABASE, *SERVER, "httpx", "msgspec"}),
        (["version"], {*DATABASE, *SERVER, "httpx", "msgspec"}),
        (["chat", "--help"], {*DATABASE, *SERVER}),
        (["models", "--help"], {*DATABASE, *SERVER}),
        (["pull", "--help"], {*DATABASE, *SERVER}),
        (["keys", "--help"], SERVER),
    ],
)
def test_a_command_imports_nothing_of_the_others(arguments: list[str], unneeded: set[str]) -> None:
    code = (
        "import atexit, sys; from jimae.cli.main import main; "
        "atexit.register(lambda: print('loaded:', *sys.modules)); main()"
    )
    _, _, modules = run("-c", code, *arguments).stdout.rpartition("loaded:")
    assert {"jimae.cli.main", "typer"} <= set(modules.split())
    assert unneeded & set(modules.split()) == set()


def test_no_module_of_the_serving_process_imports_the_binding() -> None:
    code = (
        "import sys; import jimae.cli.lazy, jimae.api.server, jimae.worker.client; "
        "[jimae.cli.lazy.loaded(name) for name in jimae.cli.lazy.COMMANDS]; "
        "sys.exit(sorted(name for name in sys.modules if name.startswith('llama_cpp')) or 0)"
    )
    done = run("-c", code)
    assert (done.returncode, done.stderr) == (0, "")


def test_control_characters_of_others_are_dropped() -> None:
    assert printable("a\x1b]0;x\x07b\r\n\tc\x9b1m\x7f東京") == "a]0;xb\n\tc1m東京"
