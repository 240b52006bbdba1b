from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jimae.errors import JimaeError
from jimae.settings import load
from jimae.tuning.writing import with_model, write_model

MINE = """\
# what I chose, and why
[server]
port = 9000  # 8080 is taken

[model."qwen2.5-coder-1.5b"]
kv_type = "q8_0" # memory
threads = 1

[log]
level = "debug"
"""


def test_comments_and_everything_else_stay() -> None:
    text = with_model(MINE, "qwen2.5-coder-1.5b", {"threads": 2, "batch": 128})

    assert "# what I chose, and why" in text
    assert "port = 9000  # 8080 is taken" in text
    assert 'kv_type = "q8_0" # memory' in text
    assert tomllib.loads(text) == {
        "server": {"port": 9000},
        "model": {"qwen2.5-coder-1.5b": {"kv_type": "q8_0", "threads": 2, "batch": 128}},
        "log": {"level": "debug"},
    }


@pytest.mark.parametrize("id", ["qwen2.5-coder-1.5b-q4_0", "plain"])
@pytest.mark.parametrize("before", ["", "# nothing yet\n", MINE, "[model.other]\nthreads = 3\n"])
def test_another_model_is_added(before: str, id: str) -> None:
    text = with_model(before, id, {"threads": 2})

    assert tomllib.loads(text)["model"][id] == {"threads": 2}
    assert tomllib.loads(with_model(text, id, {"threads": 2})) == tomllib.loads(text)
    for other, values in tomllib.loads(before).get("model", {}).items():
        assert tomllib.loads(text)["model"][other] == values


def test_the_server_reads_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "jimae.toml"
    file.write_text(MINE, encoding="utf-8")

    write_model(file, "qwen2.5-coder-1.5b-q4_0", {"threads": 2, "batch": 256})

    settings = load(file=file, environ={}).for_model("qwen2.5-coder-1.5b-q4_0")
    assert (settings.engine.threads, settings.engine.batch) == (2, 256)
    assert settings.server.port == 9000


def test_a_file_is_made_with_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "new" / "jimae.toml"

    write_model(file, "a", {"threads": 2})

    assert load(file=file, environ={}).for_model("a").engine.threads == 2


def test_a_link_stays_a_link_and_rights_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("", encoding="utf-8")
    real.chmod(0o640)
    link = tmp_path / "jimae.toml"
    link.symlink_to(real)

    write_model(link, "a", {"threads": 2})

    assert link.is_symlink()
    assert "threads = 2" in real.read_text(encoding="utf-8")
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_damaged_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "jimae.toml"
    file.write_text("[server\n", encoding="utf-8")

    with pytest.raises(JimaeError) as failed:
        write_model(file, "a", {"threads": 2})

    assert failed.value.code == "settings_file"
    assert file.read_text(encoding="utf-8") == "[server\n"
