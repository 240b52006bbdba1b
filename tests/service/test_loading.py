"""Models come, share the memory and go; nobody's model goes while it is used."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.backend import Backends, FakeBackend
from fakes.files import write_gguf
from jimae.catalogue import memory
from jimae.catalogue.gguf_header import read_header
from jimae.errors import JimaeError
from jimae.service import loaded, models
from jimae.service.models import ModelPool
from jimae.service.service import Service
from jimae.settings import Settings, load

NAMES = ("a", "b", "c", "d", "e")


def server(data_dir: Path, table: str = "", **overrides: object) -> Settings:
    for name in NAMES:
        write_gguf(data_dir / "models" / f"{name}.gguf")
    (data_dir / "jimae.toml").write_text(table)
    values = {"data_dir": data_dir, "models.default": "a", **overrides}
    return load(environ={}, overrides=values)


def one_needs(settings: Settings, name: str = "a") -> int:
    header = read_header(settings.models_dir / f"{name}.gguf")
    return memory.estimate(header, settings.for_model(name).engine).total


def machine(patch: pytest.MonkeyPatch, size: int, free: int | None = None) -> None:
    patch.setattr(memory, "available", lambda: size)
    patch.setattr(memory, "free", lambda: 1 << 50 if free is None else free)


def loaded_of(pool: ModelPool) -> list[str]:
    return [status.id for status in pool.statuses() if status.use]


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def test_the_longest_unused_goes_and_the_default_last(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = server(tmp_path)
    machine(monkeypatch, 3 * one_needs(settings))
    pool = Service(settings, backends.make).models
    for name in ("a", "b", "c"):
        await pool.get(name)
    await pool.get("b")
    await pool.get("d")
    assert loaded_of(pool) == ["a", "b", "d"]
    assert backends["c"].state == "closed"
    await pool.get("e")
    assert loaded_of(pool) == ["a", "d", "e"]
    async with pool.use("d"), pool.use("e"):
        await pool.get("b")
        assert loaded_of(pool) == ["b", "d", "e"]
    await pool.close()


async def test_a_model_in_use_stays_and_the_other_is_told_to_wait(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = server(tmp_path)
    machine(monkeypatch, one_needs(settings))
    pool = Service(settings, backends.make).models
    async with pool.use("a"):
        with pytest.raises(JimaeError) as caught:
            await pool.get("b")
        assert caught.value.code == "model_no_room"
        assert caught.value.retry_after
        assert caught.value.values["used"] == "a"
        assert loaded_of(pool) == ["a"]
    await pool.get("b")
    assert loaded_of(pool) == ["b"]


async def test_memory_that_others_use_counts(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = server(tmp_path)
    need = one_needs(settings)
    machine(monkeypatch, 100 * need, free=2 * need)
    pool = Service(settings, backends.make).models
    for name in ("a", "b", "c"):
        await pool.get(name)
    assert loaded_of(pool) == ["a", "c"]


async def test_too_large_says_what_would_fit(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = server(tmp_path, "[model.b]\nkv_tokens = 4000000\n")
    machine(monkeypatch, 5 * one_needs(settings))
    pool = Service(settings, backends.make).models
    await pool.get("a")
    with pytest.raises(JimaeError) as caught:
        await pool.get("b")
    assert caught.value.code == "model_context_too_large"
    values = caught.value.values
    assert values["installed"] == "a, c, d, e"
    assert values["kv_tokens"] == 4_000_000
    fitting = values["fitting"]
    assert loaded_of(pool) == ["a"], "nobody is evicted for nothing"

    table = f"[model.b]\nkv_tokens = {fitting}\n"
    again = Service(server(tmp_path, table), backends.make).models
    await again.get("b")

    machine(monkeypatch, 1 << 20)
    with pytest.raises(JimaeError) as caught:
        await pool.get("c")
    assert caught.value.code == "model_too_large"
    assert caught.value.values["installed"] == "-"


async def test_what_is_not_used_leaves_after_its_time(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Service(server(tmp_path, **{"models.ttl_minutes": 0.1 / 60}), backends.make).models
    await pool.get("a")
    async with pool.use("b"):
        await pool.get("c")
        await until(lambda: loaded_of(pool) == ["a", "b"])
        await asyncio.sleep(0.2)
        assert loaded_of(pool) == ["a", "b"]
        used = pool.status("b").use
        assert used is not None
        assert (used.requests, used.idle) == (1, 0.0)
        assert used.expires is not None
    await until(lambda: loaded_of(pool) == ["a"])
    default = pool.status("a").use
    assert default is not None
    assert default.expires is None
    await pool.close()


async def test_a_failed_load_is_tried_again(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Service(server(tmp_path), backends.make).models
    first = backends["a"]
    await pool.get("a")
    first.broken("no such thing")
    assert await pool.get("a") is first, "not at once"
    monkeypatch.setattr(loaded, "RETRY_SECONDS", 0.0)
    del backends.made["a"]
    assert await pool.get("a") is backends["a"]
    assert first.state == "closed"
    assert backends["a"].state == "ready"


async def test_a_start_goes_on_when_who_asked_leaves(
    tmp_path: Path, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = server(tmp_path)
    machine(monkeypatch, one_needs(settings))
    pool = Service(settings, backends.make).models
    gate = asyncio.Event()
    close = backends["a"].close

    async def slow() -> None:
        await gate.wait()
        await close()

    monkeypatch.setattr(backends["a"], "close", slow)
    await pool.get("a")
    asking = asyncio.create_task(pool.get("b"))
    await until(lambda: loaded_of(pool) == [])
    asking.cancel()
    gate.set()
    await until(lambda: loaded_of(pool) == ["b"])
    assert backends["a"].state == "closed"


class Lives:
    """Backends that take their time, and what they saw go wrong."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.open: Counter[str] = Counter()
        self.using: Counter[str] = Counter()
        self.most = 0
        self.starts = 0
        self.wrong: list[str] = []
        self.stopping = False

    def make(self, model: str, *_: object) -> FakeBackend:
        return Living(model, self)


class Living(FakeBackend):
    def __init__(self, model: str, lives: Lives) -> None:
        super().__init__(model)
        self._lives = lives
        self.load_seconds = lives.chance.random() / 100

    async def start(self) -> None:
        lives = self._lives
        lives.starts += 1
        lives.open[self.model] += 1
        lives.most = max(lives.most, lives.open.total())
        if lives.open[self.model] > 1:
            lives.wrong.append(f"{self.model} is loaded twice")
        await super().start()

    async def close(self) -> None:
        lives = self._lives
        if lives.using[self.model] and not lives.stopping:
            lives.wrong.append(f"{self.model} was closed in use")
        await asyncio.sleep(lives.chance.random() / 200)
        lives.open[self.model] -= 1
        await super().close()


@pytest.mark.parametrize("seed", range(8))
async def test_random_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    settings = server(tmp_path, **{"models.ttl_minutes": 0.02 / 60})
    machine(monkeypatch, 3 * one_needs(settings))
    monkeypatch.setattr(models, "REAP_SECONDS", 0.005)
    lives = Lives(chance)
    pool = Service(settings, lives.make).models
    ends: Counter[str] = Counter()

    async def somebody() -> None:
        await asyncio.sleep(chance.random() / 4)
        model = chance.choice(NAMES)
        try:
            async with pool.use(model) as backend:
                lives.using[model] += 1
                try:
                    await backend.wait_ready()
                    await asyncio.sleep(chance.random() / 50)
                    if backend.state != "ready":
                        lives.wrong.append(f"{model} was not there for its reader")
                finally:
                    lives.using[model] -= 1
            ends["answered"] += 1
        except JimaeError as error:
            ends[error.code] += 1

    async def one_who_leaves() -> None:
        task = asyncio.create_task(somebody())
        await asyncio.sleep(chance.random() / 4)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    who = [chance.choice((somebody, somebody, one_who_leaves)) for _ in range(80)]
    await asyncio.gather(*(life() for life in who))
    await until(lambda: set(loaded_of(pool)) <= {"a"})
    lives.stopping = True
    await pool.close()

    assert lives.wrong == []
    assert lives.most <= 3, "more was loaded than the memory holds"
    assert lives.starts > 3, "nothing was evicted, so nothing was tried"
    assert ends["answered"] > 20
    assert set(ends) <= {"answered", "model_no_room"}
    assert lives.open.total() == 0
