"""What goes around quantising; the quantising itself is in `test_tune`, on weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalogue import made
from jimae.catalogue import registry
from jimae.catalogue.default import choose_present
from jimae.errors import JimaeError
from jimae.settings import EngineSettings
from jimae.tuning import making
from jimae.tuning.formats import model_file


@pytest.fixture
def models_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(made.gguf_bytes())
    return folder


def left(folder: Path) -> list[str]:
    """The name of everything in a folder, at any depth, in the order of the paths."""
    return [path.name for path in sorted(folder.rglob("*"))]


ENTRY = made.model(
    made.gguf_bytes(),
    {"from": "file", "path": "/somewhere"},
    name="Tiny (Q4_K_M)",
    rank=7,
    sampling={"temperature": 0.5},
)


def test_the_entry_says_where_it_comes_from(models_dir: Path) -> None:
    entry = making.entry_of(ENTRY, model_file(models_dir, "tiny"), "q4_0", models_dir)

    assert (entry.id, entry.name) == ("tiny-q4_0", "Tiny (Q4_0)")
    assert entry.made_from is not None
    assert entry.made_from.id == "tiny"
    assert entry.made_from.sha256 == ENTRY.weights.sha256
    assert not entry.verified
    assert entry.licence == ENTRY.licence
    assert entry.sampling == ENTRY.sampling


def test_the_catalogue_reads_the_entry_back(tmp_path: Path, models_dir: Path) -> None:
    entry = making.entry_of(ENTRY, model_file(models_dir, "tiny"), "q4_0", models_dir)

    making.write_entry(entry, tmp_path / "catalogue")

    assert registry.load(tmp_path).get("tiny-q4_0") == entry


def test_it_never_becomes_the_default_by_itself(tmp_path: Path, models_dir: Path) -> None:
    entry = making.entry_of(ENTRY, model_file(models_dir, "tiny"), "q4_0", models_dir)
    (models_dir / "tiny-q4_0.gguf").write_bytes(made.gguf_bytes(seed=2))
    both = registry.Catalogue({"tiny": ENTRY, "tiny-q4_0": entry})

    chosen = choose_present(both, models_dir, EngineSettings(), limit=1 << 40)

    assert chosen is not None
    assert chosen.id == "tiny"


async def test_a_full_disk_is_told_beforehand(
    tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MARGIN", 1 << 60)

    with pytest.raises(JimaeError) as failed:
        await making.make(
            model_file(models_dir, "tiny"), ENTRY, "q4_0", tmp_path, models_dir, lambda _: None
        )

    assert failed.value.code == "disk_too_small"


async def test_a_file_that_llama_cpp_refuses_leaves_nothing_behind(
    tmp_path: Path, models_dir: Path
) -> None:
    """The header is sound, but it is no model: the child says so or dies of it."""
    with pytest.raises(JimaeError) as failed:
        await making.make(
            model_file(models_dir, "tiny"), ENTRY, "q4_0", tmp_path, models_dir, lambda _: None
        )

    assert failed.value.code in ("requantise_failed", "tuning_died")
    assert left(tmp_path) == ["models", ".partial", "tiny-q4_0.lock", "tiny.gguf"]
