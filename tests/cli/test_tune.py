from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fakes.files import write_gguf
from fakes.process import jimae
from jimae.cli.tune import tune

app = typer.Typer()
app.command()(tune)


def test_a_format_that_there_is_not_is_named(tmp_path: Path) -> None:
    words = ["m", "--requantise", "q9_9", "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(app, words, env={"COLUMNS": "200"})

    assert result.exit_code == 2
    assert "q9_9" in result.output
    assert "iq4_nl" in result.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("absent",), "「absent」は"),
        (("m", "--use", "q4_0"), "--requantise q4_0 で作れます"),
        (("m", "--requantise", "q4_0"), "「m」というモデルはありません"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    write_gguf(tmp_path / "models" / "m.gguf")

    code, said = jimae("tune", *words, data_dir=tmp_path)

    assert code == 1
    assert says in said


def test_a_file_that_is_no_model_does_not_end_the_command(tmp_path: Path) -> None:
    """Its header is sound; llama.cpp refuses it, in the child."""
    write_gguf(tmp_path / "models" / "m.gguf")

    code, said = jimae("tune", "m", data_dir=tmp_path)

    assert code == 1
    assert "エラー" in said
    assert "Traceback" not in said
