"""`jimae models`: the list, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from jimae.catalogue import registry
from jimae.cli.models import models

app = typer.Typer()
app.command()(models)

SHIPPED = registry.load()


def run(data_dir: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--data-dir", str(data_dir)])
    assert done.exit_code == 0
    return done.stdout


def test_the_table_has_every_model_whole(tmp_path: Path) -> None:
    table = run(tmp_path, "--lang", "en")
    for entry in SHIPPED:
        assert entry.id in table
    line = next(line for line in table.splitlines() if line.startswith("qwen2.5-coder-1.5b"))
    assert "1.12 GB" in line
    assert "Apache-2.0" in line
    assert "fill in the middle" in line
    assert ".431/.726" in table
    assert "CC BY" in table


def test_in_japanese(tmp_path: Path) -> None:
    table = run(tmp_path, "--lang", "ja")
    assert "ライセンス" in table
    assert "コードの穴埋め" in table


def test_json(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with (tmp_path / "models" / "smollm2-135m.gguf").open("wb") as file:
        file.truncate(SHIPPED.get("smollm2-135m").size)
    lines = {line["id"]: line for line in json.loads(run(tmp_path, "--json"))}
    assert lines.keys() == {entry.id for entry in SHIPPED}
    assert [id for id, line in lines.items() if line["present"]] == ["smollm2-135m"]
    small = lines["smollm2-135m"]
    assert small["size"] == 98362432
    assert small["memory"] > small["size"]
    assert small["licence"] == "Apache-2.0"
    assert lines["gemma4-e2b"]["swallow"] == 0.431
    assert not lines["gemma4-e2b"]["verified"]


def test_what_fits(tmp_path: Path) -> None:
    """More room for conversations takes more memory."""
    (tmp_path / "jimae.toml").write_text("[engine]\nkv_tokens = 1000000000\n")
    lines = json.loads(run(tmp_path, "--json"))
    assert not any(line["fits"] for line in lines if line["kind"] == "chat")
