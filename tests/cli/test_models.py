"""`jimae models`: the list, for people and for programs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import typer
from typer.testing import CliRunner

from catalogue.made import gguf_bytes, model, to_toml
from fakes.backend import FakeBackend
from fakes.serving import Served
from jimae.catalogue import memory, registry
from jimae.catalogue.gguf_header import read_header
from jimae.cli.models import duration, models
from jimae.settings import EngineSettings
from jimae.worker.backend import Resident

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


def test_a_file_that_is_here_needs_what_the_server_reckons_with(tmp_path: Path) -> None:
    data = gguf_bytes()
    source = {"from": "file", "path": str(tmp_path / "models" / "tiny.gguf")}
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "tiny.toml").write_bytes(to_toml(model(data, source)))

    def needs() -> int:
        lines = {line["id"]: line for line in json.loads(run(tmp_path, "--json"))}
        found = lines["tiny"]["memory"]
        assert isinstance(found, int)
        return found

    assert needs() > memory.OVERHEAD
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tiny.gguf").write_bytes(data)
    header = read_header(tmp_path / "models" / "tiny.gguf")
    assert needs() == memory.estimate(header, EngineSettings()).total
    (tmp_path / "models" / "tiny.gguf").write_bytes(b"?" * len(data))
    assert needs() > memory.OVERHEAD, "a damaged file does not end the list"


def test_a_file_that_is_another_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "smollm2-135m.gguf").write_bytes(gguf_bytes())
    lines = {line["id"]: line for line in json.loads(run(tmp_path, "--json"))}
    assert lines["smollm2-135m"]["differs"][0] == "architecture: fake ≠ llama"
    assert not any(line["differs"] for id, line in lines.items() if id != "smollm2-135m")
    done = CliRunner().invoke(app, ["--lang", "ja", "--data-dir", str(tmp_path)])
    assert done.exit_code == 0
    row = next(line for line in done.stdout.splitlines() if line.startswith("smollm2-135m"))
    assert "別のモデル" in row
    assert "警告:" in done.stderr
    assert "アーキテクチャー: fake ≠ llama" in done.stderr
    assert "jimae pull smollm2-135m" in done.stderr


async def test_what_the_server_has_loaded(
    tmp_path: Path, served: Served, backend: FakeBackend
) -> None:
    backend.memory = Resident(total=123_000_000, private=1)
    (tmp_path / "jimae.toml").write_text(f"[server]\nport = {served.port}\n")
    table = await asyncio.to_thread(run, tmp_path, "--lang", "en")
    line = next(line for line in table.splitlines() if line.startswith("fake: "))
    assert line.startswith("fake: ready, 123 MB of memory (estimated 1")
    assert line.endswith(" s ago")
    assert "other:" not in table, "it is not loaded"
    table = await asyncio.to_thread(run, tmp_path, "--lang", "ja")
    assert "fake: ready、メモリー 123 MB（見積もり 1" in table


def test_durations() -> None:
    shown = [duration(seconds) for seconds in (0, 119.4, 120, 7199, 7200, 360_000)]
    assert shown == ["0 s", "119 s", "2 min", "120 min", "2 h", "100 h"]
