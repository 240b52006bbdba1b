"""A draft model that cannot be one is told of before anything is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.backend import Backends
from fakes.files import write_gguf
from jimae.catalogue import memory
from jimae.catalogue.gguf_header import read_header
from jimae.errors import JimaeError
from jimae.service.models import ModelPool
from jimae.service.service import Service
from jimae.settings import Settings, load

WORDS = ("a", "b", "東京", "")


def server(data_dir: Path, draft: str | None) -> Settings:
    models = data_dir / "models"
    write_gguf(models / "large.gguf", [*WORDS, "[PAD4]", "[PAD5]"])
    write_gguf(models / "small.gguf", [*WORDS, "[PAD4]"])
    write_gguf(models / "other.gguf", [*WORDS[:-1], "x"])
    write_gguf(models / "longer.gguf", [*WORDS, "<think>"])
    (data_dir / "jimae.toml").write_text(f'[model.large]\ndraft = "{draft}"\n' if draft else "")
    return load(environ={}, overrides={"data_dir": data_dir, "models.default": "large"})


def pool_of(tmp_path: Path, backends: Backends, draft: str | None) -> ModelPool:
    return Service(server(tmp_path, draft), backends.make).models


async def test_it_is_given_to_the_worker_of_its_model_alone(
    tmp_path: Path, backends: Backends
) -> None:
    pool = pool_of(tmp_path, backends, "small")
    await pool.get("large")
    await pool.get("small")
    last = {model: given[-1] for model, given in backends.given.items()}
    assert last == {"large": tmp_path / "models" / "small.gguf", "small": None}


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ("absent", "draft_missing"),
        ("other", "draft_vocabulary"),
        ("longer", "draft_vocabulary"),
        ("large", "draft_unfit"),
    ],
)
async def test_one_that_cannot_be_is_an_error(
    tmp_path: Path, backends: Backends, draft: str, code: str
) -> None:
    pool = pool_of(tmp_path, backends, draft)
    with pytest.raises(JimaeError) as caught:
        await pool.get("large")
    assert caught.value.code == code
    assert (caught.value.values["model"], caught.value.values["draft"]) == ("large", draft)
    assert not backends.made
    assert pool.needed("large") is not None


async def test_a_damaged_one_is_an_error(tmp_path: Path, backends: Backends) -> None:
    pool = pool_of(tmp_path, backends, "small")
    (tmp_path / "models" / "small.gguf").write_bytes(b"GGUF")
    with pytest.raises(JimaeError) as caught:
        await pool.get("large")
    assert caught.value.code == "gguf_invalid"
    assert not backends.made


async def test_its_memory_is_counted(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = pool_of(tmp_path, backends, None).needed("large")
    pool = pool_of(tmp_path, backends, "small")
    both = pool.needed("large")
    assert alone is not None
    assert both is not None
    header = read_header(tmp_path / "models" / "small.gguf")
    its_own = memory.estimate(header, server(tmp_path, "small").engine).total
    assert both == alone + its_own - memory.PROCESS
    monkeypatch.setattr(memory, "available", lambda: both - 1)
    monkeypatch.setattr(memory, "free", lambda: 1 << 50)
    with pytest.raises(JimaeError) as caught:
        await pool.get("large")
    assert caught.value.code in ("model_too_large", "model_context_too_large")
