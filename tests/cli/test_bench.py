from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fakes.openai_stub import Stub, serving
from jimae.bench import compare
from jimae.bench.client import Server
from jimae.cli.bench import bench, named_servers

app = typer.Typer()
app.command()(bench)


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--model", "m", *words])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "at least one server"),
        (("127.0.0.1:80",), "is not a URL"),
        (("--label", "a"), "NAME=URL"),
        (("http://x", "http://x"), "are called x"),
        (("http://x", "--scenario", "all"), "--scenario cannot be 'all'"),
        (("http://x", "--peer", "ollama"), "--peer cannot be 'ollama'"),
        (("--peer", "llama-server"), "--model-file"),
        (("http://x", "--baseline", "y"), "--baseline cannot be 'y'"),
    ],
)
def test_mistakes_are_named(words: tuple[str, ...], says: str) -> None:
    code, output = run(*words)
    assert code == 2
    assert says in " ".join(output.replace("│", " ").split())


def test_servers_have_names() -> None:
    found = named_servers(["http://127.0.0.1:8080/v1"], ["a=http://h/?x=y"])
    assert found == [("127.0.0.1:8080", "http://127.0.0.1:8080/v1"), ("a", "http://h/?x=y")]


async def test_a_measurement_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def idle(_: list[Server]) -> float:
        return 0.0

    monkeypatch.setattr(compare, "settle", idle)
    monkeypatch.setenv("COLUMNS", "200")
    data, drawing = tmp_path / "o.json", tmp_path / "o.svg"
    async with serving(Stub()) as stub:
        words = [
            *("--label", f"ours={stub.url}", "--label", f"theirs={stub.url}/v1"),
            *("--scenario", "single", "--runs", "1", "--seed", "5"),
            *("--json", str(data), "--plot", str(drawing)),
        ]
        code, output = await asyncio.to_thread(run, *words)
    assert code == 0, output
    assert "tokens per second" in output
    report = json.loads(data.read_bytes())
    assert report["seed"] == 5
    assert report["baseline"] == "theirs"
    assert drawing.read_text().startswith("<svg")
