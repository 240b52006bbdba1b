"""Which models there are, which is the default, and what runs of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from fakes import tiny_embedding as tiny
from fakes.backend import Backends
from fakes.files import write_gguf
from jimae.catalogue import memory
from jimae.catalogue import registry as catalogue
from jimae.catalogue.entry import Recommended
from jimae.errors import JimaeError
from jimae.service.models import ModelPool, sampling_of
from jimae.service.service import Service
from jimae.settings import Settings, load
from jimae.tuning.making import write_entry
from jimae.types import Sampling

GIB = 2**30


def pool_of(data_dir: Path, backends: Backends, default: str | None = None) -> ModelPool:
    settings = load(environ={}, overrides={"data_dir": data_dir, "models.default": default})
    return Service(settings, backends.make).models


def test_only_models_are_found(tmp_path: Path, backends: Backends) -> None:
    pool = pool_of(tmp_path, backends)
    assert pool.files.all() == {}
    for name in ("b", "a", "qwen2.5-coder-0.5b", ".hidden", "has space", "-dash", "a.mmproj", "あ"):
        write_gguf(tmp_path / "models" / f"{name}.gguf")
    (tmp_path / "models" / "dir.gguf").mkdir()
    (tmp_path / "models" / "a.gguf.part").write_bytes(b"")
    assert list(pool.files.all()) == ["a", "b", "qwen2.5-coder-0.5b"]


def test_default_is_what_the_settings_say(tmp_path: Path, backends: Backends) -> None:
    with pytest.raises(JimaeError, match="jimae pull"):
        pool_of(tmp_path, backends).files.default_id()
    write_gguf(tmp_path / "models" / "a.gguf")
    assert pool_of(tmp_path, backends, "a").files.default_id() == "a"
    with pytest.raises(JimaeError, match="jimae pull b") as caught:
        pool_of(tmp_path, backends, "b").files.default_id()
    assert caught.value.code == "default_model_missing"


def write_sparse(data_dir: Path, name: str, size: int) -> None:
    path = data_dir / "models" / f"{name}.gguf"
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)


def test_default_is_the_best_that_fits(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 8 * GIB)
    names = ("qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b", "smollm2-135m")
    for entry in catalogue.load():
        if entry.id in names:
            write_sparse(tmp_path, entry.id, entry.weights.size)
    for name, size in (("small", 1), ("large", 5 * GIB), ("too-large", 9 * GIB)):
        write_sparse(tmp_path, name, size)
    pool = pool_of(tmp_path, backends)
    for best in (*names, "large", "small", "too-large"):
        assert pool.files.default_id() == best
        (tmp_path / "models" / f"{best}.gguf").unlink()


@pytest.mark.parametrize("pooling", ["mean", "rank"])
def test_default_is_never_a_model_that_cannot_write(
    tmp_path: Path, backends: Backends, pooling: Literal["mean", "rank"]
) -> None:
    (tmp_path / "models").mkdir()
    tiny.encoder(tmp_path / "models" / "vectors.gguf", pooling)
    with pytest.raises(JimaeError, match="writes text: vectors make") as caught:
        pool_of(tmp_path, backends).files.default_id()
    assert caught.value.code == "no_writing_model"
    assert pool_of(tmp_path, backends, "vectors").files.default_id() == "vectors"
    write_gguf(tmp_path / "models" / "smaller.gguf")
    assert pool_of(tmp_path, backends).files.default_id() == "smaller"


def test_default_stays_when_memory_gets_less(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sparse(tmp_path, "small", GIB)
    write_sparse(tmp_path, "large", 5 * GIB)
    pool = pool_of(tmp_path, backends)
    monkeypatch.setattr(memory, "available", lambda: 8 * GIB)
    assert pool.files.default_id() == "large"
    monkeypatch.setattr(memory, "available", lambda: 2 * GIB)
    assert pool.files.default_id() == "large"


async def test_one_backend_for_everybody_who_asks(service: Service, backends: Backends) -> None:
    made = await asyncio.gather(*(service.models.get("other") for _ in range(10)))
    assert {id(one) for one in made} == {id(backends["other"])}
    assert [status.state for status in service.models.statuses()] == ["ready", "ready"]


async def test_broken_file_never_reaches_a_backend(
    service: Service, settings: Settings, backends: Backends
) -> None:
    (settings.models_dir / "broken.gguf").write_bytes(b"GGUF\3\0\0\0" + b"\xff" * 100)
    with pytest.raises(JimaeError) as caught:
        await service.models.get("broken")
    assert caught.value.code == "gguf_invalid"
    assert "broken" not in backends.made


async def test_closed_pool_starts_nothing(service: Service, backends: Backends) -> None:
    await service.close()
    assert backends["fake"].state == "closed"
    with pytest.raises(JimaeError) as caught:
        await service.models.get("other")
    assert caught.value.code == "server_stopping"
    assert "other" not in backends.made


async def test_states_that_are_shown(service: Service, backends: Backends) -> None:
    backend = backends["fake"]
    shown = []
    for state in ("loading", "ready", "stalled", "restarting", "failed", "closed"):
        backend._state = state
        shown.append(service.models.status("fake").state)
    assert shown == ["loading", "ready", "restarting", "restarting", "failed", "available"]


async def test_load_is_timed_and_then_forgotten(service: Service, backends: Backends) -> None:
    backend = backends["fake"]
    backend.restarting()
    first = service.models.status("fake").load
    await asyncio.sleep(0.15)
    second = service.models.status("fake").load
    assert first is not None
    assert second is not None
    assert second.elapsed - first.elapsed >= 0.1
    backend.loaded()
    assert service.models.status("fake").load is None
    backend.restarting()
    again = service.models.status("fake").load
    assert again is not None
    assert again.elapsed < second.elapsed


def test_recommended_sampling() -> None:
    assert sampling_of(Recommended()) == Sampling()
    recommended = Recommended(temperature=0.7, top_p=0.8, top_k=20, repeat_penalty=1.1)
    assert sampling_of(recommended) == Sampling(0.7, 0.8, 20, repeat_penalty=1.1)


async def test_the_family_that_an_entry_names_reaches_the_worker(
    tmp_path: Path, backends: Backends
) -> None:
    for name in ("named", "other"):
        write_gguf(tmp_path / "models" / f"{name}.gguf")
    entry = msgspec.structs.replace(next(iter(catalogue.load())), id="named", parser="hermes")
    (tmp_path / "catalogue").mkdir()
    write_entry(entry, tmp_path / "catalogue")
    told: dict[str, str | None] = {}

    def make(
        model: str, path: Path, _: Settings, defaults: Sampling, parser: str | None, *rest: object
    ) -> Any:
        told[model] = parser
        return backends.make(model)

    service = Service(load(environ={}, overrides={"data_dir": tmp_path}), make)
    for name in ("named", "other"):
        async with service.models.use(name):
            pass
    await service.close()
    assert told == {"named": "hermes", "other": None}


async def test_a_file_with_another_models_name_is_told_of_once(
    tmp_path: Path, backends: Backends, caplog: pytest.LogCaptureFixture
) -> None:
    name = "qwen2.5-coder-1.5b"
    write_gguf(tmp_path / "models" / f"{name}.gguf")
    told, untold = pool_of(tmp_path, backends), pool_of(tmp_path, backends)
    assert [error.code for error in told.files.misnamed()] == ["model_misnamed"]
    for pool, warnings in ((told, 0), (untold, 1), (untold, 0)):
        caplog.clear()
        await pool.get(name)
        assert sum(name in one.getMessage() for one in caplog.records) == warnings
        assert pool.files.misnamed() == []
        await pool.unload(name)
    await told.close()
    await untold.close()
